// Names of a sink's files, and which of those that stand there are no result. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint_log.hpp"

namespace throng::sinks {

/// What a file's name says.
struct sink_file {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;        ///< offsets; of the messages between them, others may lie in files of other hours
  std::uint64_t generation = 0; ///< of the claim under which it was written

  friend bool operator==(const sink_file&, const sink_file&) = default;
};

/// `web.clicks-3-1000-1999-2`, without what says its format. Names in one folder sort by partition and offset as far as digits allow.
std::string file_name(const sink_file& of);
/// Of a name with any extension. None: it is not one of ours.
std::optional<sink_file> parse_file_name(std::string_view name);

/// `web.clicks/dt=2026-01-05/hour=07`, as readers of partitioned data sets know it; of no hour, `__HIVE_DEFAULT_PARTITION__`.
std::string hour_folder(std::string_view topic, std::optional<std::int64_t> hour);

/// Whether a file is what a crash or a zombie left: some later generation begins at or before what it holds, and has written that again, or
/// will. @param begins all generations of the partition
bool overtaken(const sink_file& file, const std::vector<storage::generation_begin>& begins);

} // namespace throng::sinks
