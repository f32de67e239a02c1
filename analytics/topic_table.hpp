// A compacted topic as a table for `enrich`: the rows of its messages by key, each with the time since which it counts. Gives versions of
// itself as lookup tables, which engines use as they use those of files. Leaves to service/ how the topic is read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analytics/decoder.hpp"
#include "analytics/lookup_table.hpp"
#include "analytics/partition_task.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

class topic_table {
public:
  /// @param definition with a `topic`
  explicit topic_table(const config::enrichment& definition);
  topic_table(const topic_table&) = delete;
  topic_table& operator=(const topic_table&) = delete;

  /// Takes one message in, those of a key in the order of their partition. Of versions with one time the later counts.
  /// @returns why it is no row: no JSON object, no time, no key; it changes nothing
  std::optional<std::string> take(const raw_message& message);

  /// All rows, without versions that were replaced more than `keep` before the newest one. The text is the same for the same rows.
  /// exhausted: more than a lookup may have.
  expected<std::shared_ptr<const lookup_table>> table();

  /// Of all rows, about: a reader stops before a topic that is no table fills the memory.
  std::size_t bytes() const {
    return bytes_;
  }

private:
  struct version {
    timestamp since;
    std::optional<std::string> row; ///< JSON; none: deleted
  };
  void forget();
  static std::size_t size_of(std::string_view key, const version& each);

  config::enrichment definition_;
  config::pipeline reading_; ///< how a message is decoded
  field_table fields_;
  std::vector<slot> columns_;
  decoder decoder_;
  event event_; // reused
  std::map<std::string, std::vector<version>, std::less<>> rows_;
  timestamp newest_{INT64_MIN};
  std::size_t bytes_ = 0;
};

} // namespace throng::analytics
