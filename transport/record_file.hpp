// A topic that a program writes, as a file of records: DIR/TOPIC.records.ndjson, with key, time and headers, as Kafka would hold it. What reads
// files of records (topic_file, `throng replay`) reads it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "transport/message_file.hpp"
#include "transport/record_line.hpp"

namespace throng::transport {

class record_file_writer {
public:
  /// An empty one. conflict: a file of that topic is there already and `force` is not given. @param partitions by the key's hash
  static expected<std::unique_ptr<record_file_writer>> create(const std::string& folder, const std::string& topic,
                                                              std::int32_t partitions, bool force);
  /// Behind what an earlier writer has left, finished or not. corrupt: a line that is no record.
  static expected<std::unique_ptr<record_file_writer>> resume(const std::string& folder, const std::string& topic,
                                                              std::int32_t partitions);

  /// Its partition and offset are found here.
  expected<void> append(record&& what);
  /// What was appended outlives this process.
  expected<void> flush();
  /// The file appears under its name. Without it what was flushed stays hidden, for resume().
  expected<void> finish();

private:
  record_file_writer(std::unique_ptr<message_file_writer> file, std::int32_t partitions);
  expected<void> find_offsets();

  std::unique_ptr<message_file_writer> file_;
  std::vector<std::int64_t> next_; ///< offset, by partition
};

} // namespace throng::transport
