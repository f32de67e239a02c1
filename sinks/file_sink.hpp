// A pipeline's sink of files: each set of rows becomes one file, exactly once. What a checkpoint says is the truth: files are there before the
// checkpoint that covers them, and whoever claims a partition removes those that its checkpoint does not cover. A zombie is asked for its
// generation before and behind the moment at which its file appears; a file that it leaves all the same is known by its name, and goes with
// the next claim.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/file_place.hpp"
#include "storage/checkpoint_log.hpp"

namespace throng::sinks {

/// From one thread at a time for each partition.
class file_sink {
public:
  /// @param time_fields that are times where files have types: top-level, or empty
  file_sink(config::sink what, std::vector<std::string> time_fields, std::unique_ptr<file_place> place);

  /// @param still_ours fenced: another generation has the partition
  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours);

  /// Removes what no checkpoint covers. conflict: files of the partition are there, and the store has never heard of it: somebody else's.
  /// @param name what the rows are called: sink_rows::name
  expected<void> take_over(const std::string& name, std::int32_t partition, const storage::claimed& claim);

private:
  expected<std::string> encode(const analytics::sink_rows& rows) const;
  std::string extension() const;

  config::sink what_;
  std::vector<std::string> time_fields_;
  std::unique_ptr<file_place> place_;
};

} // namespace throng::sinks
