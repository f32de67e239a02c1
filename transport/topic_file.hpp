// One topic's file: where it is, what identifies it, and which partition and offset each of its lines has. Leaves to others who
// reads it from where.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/error.hpp"
#include "transport/key_field.hpp"
#include "transport/line_reader.hpp"

namespace throng::transport {

/// A line as a message. Views are valid until the next call.
struct file_message {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
};

class topic_file {
public:
  /// Finds `FOLDER/TOPIC.ndjson[.gz|.zst]` or `.records.ndjson[.gz|.zst]`.
  /// not_found: none of them, naming the path; conflict: more than one; corrupt: a records file with a line that is no record (all
  /// are looked at: only then its partitions are known).
  static expected<topic_file> find(const std::string& folder, std::string topic, std::string key_field,
                                   std::size_t longest_message, std::int32_t partitions);

  /// Where reading has come. A cursor may know the offsets of some partitions only.
  class cursor;

  expected<cursor> begin() const;

  const std::string& topic() const {
    return topic_;
  }
  const std::string& path() const {
    return path_;
  }
  /// Those asked for; of a records file more if it holds more.
  std::int32_t partitions() const {
    return partitions_;
  }
  /// `file:PATH#xxh128=HEX,LENGTH`: the absolute path, the hash of the first LENGTH bytes and that length, min(64 KiB, size)
  /// (semantics.md 6).
  expected<std::string> identity() const;
  /// Whether an identity that was taken earlier, when the file may have been shorter, is this file's.
  bool has_identity(const std::string& earlier) const;

private:
  friend class cursor;
  static expected<topic_file> checked_records(topic_file file);
  /// A record, in base64 and with its names, is longer than its message.
  std::size_t longest_line() const {
    return records_ ? longest_ * 2 : longest_;
  }

  std::string topic_;
  std::string path_;
  std::string key_field_;
  std::size_t longest_ = 0;
  std::int32_t partitions_ = 0;
  std::uint64_t size_ = 0; ///< when it was found: what is added later is for a later run
  bool records_ = false;
};

class topic_file::cursor {
public:
  static constexpr std::int64_t unknown = -1;

  /// From a line on, where only one partition's next offset is known.
  static expected<cursor> at(const topic_file& file, std::uint64_t position, std::int32_t partition,
                             std::int64_t offset);

  /// The next message; none at the end. Blank lines are no messages.
  /// corrupt, unavailable: naming path and line.
  expected<std::optional<file_message>> next();

  std::uint64_t position() const {
    return reader_.position();
  }
  /// The offset that the partition's next message will have at least; `unknown` where this cursor did not read from the start.
  std::int64_t next_offset(std::int32_t partition) const {
    return next_[static_cast<std::size_t>(partition)];
  }
  /// Learns what a cursor at the same position knows.
  void learn(const cursor& other);

private:
  friend class topic_file;
  cursor(const topic_file& file, line_reader reader, std::vector<std::int64_t> next);
  expected<std::optional<file_message>> split(std::string_view line);
  expected<std::optional<file_message>> unpack(std::string_view line);

  const topic_file* file_;
  line_reader reader_;
  key_field key_;
  std::vector<std::int64_t> next_;
  std::int64_t line_ = 0; ///< counted from where this cursor began
  bool from_start_ = true;
  std::optional<std::string> record_key_; ///< what the views of a record stand in
  std::optional<std::string> record_value_;
};

} // namespace throng::transport
