// Stored documents that are results: what a later claim has overtaken is dropped (semantics.md 6).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// Tells results from what a zombie or a crash left behind. A snapshot of the claims made until then.
class overtaken {
public:
  static expected<overtaken> by_claims_in(storage::result_store& store);

  /// Whether a generation later than the document's begins at or before its offset.
  bool operator()(analytics::collection of, const storage::stored_document& document) const;

  /// Pipelines that have claimed a partition in this store, by name.
  std::vector<std::string> pipelines() const;

private:
  struct start {
    std::uint64_t generation = 0;
    std::int64_t offset = 0;
  };
  /// By owner and partition for pipelines, by topic and partition for recorders.
  std::map<std::pair<std::string, std::int64_t>, std::vector<start>> pipelines_;
  std::map<std::pair<std::string, std::int64_t>, std::vector<start>> recorders_;
};

/// Finds and drops what was overtaken. With a limit, at least that many where there are that many.
expected<std::vector<storage::stored_document>> find_results(storage::result_store& store, const overtaken& no_result,
                                                             storage::find_query query);

} // namespace throng::query
