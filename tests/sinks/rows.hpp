// Rows as tests write them down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analytics/sink_rows.hpp"

namespace throng::sinks::test {

/// Of partition 3, offsets from 10 on, keys "k". None: a tombstone.
inline analytics::sink_rows rows_of(const std::vector<std::optional<std::string>>& values) {
  analytics::sink_rows made;
  made.topic = "clicks";
  made.partition = 3;
  std::int64_t offset = 10;
  for (const auto& value : values)
    made.add({offset++, 1'767'600'000'000, "k", value});
  return made;
}

} // namespace throng::sinks::test
