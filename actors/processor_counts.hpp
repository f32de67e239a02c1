// What a partition's processor tells of its work: into the counts that anyone may read, over its restarts, so that what is fed again
// counts once. Leaves the counts themselves, and their sums, to analysis_progress.
#pragma once

#include <cstdint>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_progress.hpp"
#include "actors/partition_core.hpp"

namespace throng::actors {

class processor_counts {
public:
  processor_counts(partition_counts& into, bool internal_topic);

  /// The partition was assigned: what its checkpoint holds is not this process's doing.
  void begin(const partition_core& core, std::int64_t offset);
  /// A batch has been taken in, as far as `end`.
  void taken(const transport::batch& batch, std::int64_t end);
  /// Results go to the store.
  void handed_over(const result_batch& results);
  /// What is open was written as it stands.
  void at_end(const partition_core& core);
  /// How far it is. @param position all before is taken in
  void publish(const partition_core& core, std::int64_t position);

  /// The partition's end, as last heard.
  std::int64_t end_offset() const {
    return into_->end_offset;
  }

private:
  partition_counts* into_;
  bool news_ = true; ///< what was taken in last had not been before
};

} // namespace throng::actors
