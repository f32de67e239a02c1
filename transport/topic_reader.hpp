// Messages of a topic with all that a broker keeps of them, headers included, for people who look into it (`throng peek`). In no group, and commits
// nothing. For analysis kafka_reader is the faster one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/consumer.hpp"
#include "transport/record_line.hpp"

namespace throng::transport {

class topic_reader {
public:
  struct choice {
    std::optional<std::int32_t> partition; ///< none: all
    start_offset from;                     ///< in each partition
    std::optional<std::int64_t> last;      ///< instead of `from`: so many before the end of each
    bool follow = false;                   ///< go on behind the end that each has now
  };

  /// not_found: no such topic, partition, or offset; unavailable, denied.
  static expected<std::unique_ptr<topic_reader>> open(const config::kafka_settings& settings, const std::string& topic,
                                                      const choice& what);
  ~topic_reader();
  topic_reader(const topic_reader&) = delete;
  topic_reader& operator=(const topic_reader&) = delete;

  /// The next message of any partition, in order within each; none: there was none within `limit`, or all ends are reached.
  expected<std::optional<record>> next(std::chrono::milliseconds limit);
  /// All partitions are read to the end that they had when they were opened. Never, if it follows.
  bool done() const;

private:
  struct implementation;
  explicit topic_reader(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
