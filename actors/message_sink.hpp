// Where the world's messages go: Kafka, files, standard output or nowhere. Publishers hand over, the sink takes what it
// has room for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "config/error.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// A run is a (topic, partition), numbered topic * partitions + partition as in simulation::step_output.
class message_sink {
public:
  struct listener {
    std::function<void()> room;        ///< after a take that took fewer than given: there is room again
    std::function<void(error)> failed; ///< nothing more of this run will be sent
  };

  virtual ~message_sink() = default;

  /// Who is told about a run. Before the first take of it; called from any thread.
  virtual void listen(std::size_t run, listener to) = 0;

  /// Takes the first n messages and returns n. Fewer than given: the rest is to be offered again after `room`. `owner`
  /// keeps the bytes alive. Called by one publisher a run, from different threads for different runs.
  virtual expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                                     const std::shared_ptr<const void>& owner) = 0;

  /// What was taken by now is there also if this process is killed, as far as that is up to the sink; asked for when the world's state
  /// is kept. Called from any thread, also while something is taken.
  virtual expected<void> flush() {
    return {};
  }

  /// After the last take: all is where it should be, or the error says what is not. Blocks, bounded.
  virtual expected<void> finish() = 0;
};

} // namespace throng::actors
