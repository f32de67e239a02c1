// Where `throng replay` takes messages from: files of lines or records, and dead letters of a topic. One at a time, in order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/message.hpp"

namespace throng::service {

/// A message to be sent again. A key or value that is not there is null in the topic too.
struct replayed {
  std::string topic; ///< empty: the one that the command names
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::int64_t timestamp_ms = -1; ///< -1: now
  transport::header_list headers;
};

class replay_source {
public:
  virtual ~replay_source() = default;
  /// None: at the end, or there was nothing for a while and `interrupted()` may be asked.
  virtual expected<std::optional<replayed>> next() = 0;
  virtual bool done() const = 0;
  /// How many messages did not have the field that should be their key.
  virtual std::uint64_t without_key() const {
    return 0;
  }
  /// What was taken so far has arrived where it was sent: it is not to come again.
  virtual expected<void> arrived() {
    return {};
  }
};

struct replay_fields {
  std::string key;                ///< dotted path; empty: no key
  std::string timestamp;          ///< dotted path; empty: now, or a record's own
  std::int64_t unit_ns = 0;       ///< of a timestamp that is a number, in nanoseconds; 0: such a timestamp is an error
  std::vector<std::string> texts; ///< columns of CSV files that are text, whatever a cell looks like
  bool needs_times = false;       ///< a message without a time is an error
};

/// Messages of files, one file after the other (message_rows.hpp). not_found, naming the path. Errors of a message name its place.
expected<std::unique_ptr<replay_source>> open_replay_files(std::vector<std::string> files, replay_fields fields);

} // namespace throng::service
