// Pipelines over a folder's files from beginning to end, into a store: what commands do that ask a question about files rather than keep results.
#pragma once

#include <string>
#include <vector>

#include "actors/analysis_progress.hpp"
#include "config/error.hpp"
#include "service/internal_topics.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

struct file_analysis {
  std::vector<plan_ptr> plans;
  std::string from;                ///< file:DIR
  std::vector<std::string> record; ///< topics whose books and labels are kept
  bool quiet = false;              ///< no progress line
};

/// One partition a topic, so that results come in the order of the files. unavailable: it was interrupted, and results are not complete.
expected<actors::progress_snapshot> analyse_files(const file_analysis& what, storage::result_store& into);

} // namespace throng::service
