// Merges what the shards emitted in a step into the one defined order, and hands it over to the sink. A full sink delays
// its answer, and so the world: nothing is dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "actors/message_sink.hpp"
#include "actors/world_messages.hpp"
#include "simulation/run_order.hpp"

namespace throng::actors {

struct publisher_state {
  static inline const char* name = "throng.publisher";

  std::vector<std::size_t> runs;
  std::shared_ptr<message_sink> sink;
  conductor_actor conductor;

  publication current;
  simulation::run_order order;
  std::span<const simulation::ordered_message> ordered; ///< the current publication
  std::size_t next = 0;                                 ///< the first message not yet handed over
  std::vector<transport::outgoing> messages;            ///< those at hand
  std::vector<std::uint64_t> leave_out;                 ///< by run: how many of the next ones
  bool failed = false;
};

/// @param runs most often one; several are merged into one order (a file or stream that several partitions share)
/// @param leave_out by run: so many messages stand in their place already; empty: none
publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         std::vector<std::size_t> runs, std::shared_ptr<message_sink> sink,
                                         conductor_actor conductor, std::vector<std::uint64_t> leave_out);

} // namespace throng::actors
