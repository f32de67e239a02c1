// Reads one file for its partitions. A shared cursor reads it once for all of them. A partition that is paused while the others go on is
// put aside up to a bound; beyond it, it falls off the shared cursor, remembers its place, and is read by a cursor of its own when it
// goes on, until that meets the other one again. So memory is bounded, nobody waits for anybody, and the usual case costs one
// pass. Leaves to others what a topic is.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "config/error.hpp"
#include "transport/consumer.hpp"
#include "transport/topic_file.hpp"
#include "transport/waiting_messages.hpp"

namespace throng::transport {

class shared_reading {
public:
  /// @param file must outlive it
  explicit shared_reading(const topic_file& file)
      : file_{&file} {}

  /// From there on; anew if it was started before.
  expected<void> start(std::int32_t partition, std::int64_t offset);
  void pause(std::int32_t partition);
  void resume(std::int32_t partition);

  /// Appends what is there of the partitions that are not paused.
  void collect(std::vector<consumer_event>& events);
  /// Reads on for whoever waits for messages. False: nobody does.
  bool advance();

private:
  struct lane;
  /// A place in the file and the partitions that it is read for.
  struct reader {
    topic_file::cursor at;
    std::map<std::int32_t, lane*> lanes;
    bool ended = false;
    std::optional<error> failure;
  };
  /// A started partition.
  struct lane {
    explicit lane(const topic_partition& which)
        : id{which}
        , waiting{which} {}
    topic_partition id;
    std::int64_t wanted = 0; ///< the next offset; messages before it are read over
    bool paused = false;
    bool done = false; ///< its end or its failure has been told
    waiting_messages waiting;
    reader* from = nullptr; ///< null: fallen off, and `wanted` stands at `position` or later
    std::uint64_t position = 0;

    bool is_hungry() const {
      return !paused && !done && waiting.empty();
    }
  };

  expected<void> join(lane& joining);
  static void leave(lane& leaving);
  void step(reader& at);
  reader* next_ahead(const reader& of);
  static void take(reader& at, const file_message& message);
  static void merge(reader& from, reader& into);

  const topic_file* file_;
  std::map<std::int32_t, lane> lanes_;
  std::list<reader> readers_;
  std::vector<consumer_event> failed_; ///< to be told with the next collect()
};

} // namespace throng::transport
