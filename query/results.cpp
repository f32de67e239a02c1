#include "query/results.hpp"

#include <algorithm>
#include <limits>

#include "query/stored_fields.hpp"
#include "storage/owner_checkpoints.hpp"

namespace throng::query {

namespace {

constexpr std::string_view labels_topic = "truth.labels";

} // namespace

expected<overtaken> overtaken::by_claims_in(storage::result_store& store) {
  auto starts = storage::generation_starts(store, "*");
  if (!starts)
    return tl::unexpected(starts.error());
  overtaken out;
  for (const auto& each : *starts) {
    start begins{each.generation, each.offset};
    if (!each.owner.starts_with("recorder:"))
      out.pipelines_[{each.owner, each.partition}].push_back(begins);
    else // a label's own topic is the one that its trouble is in: labels go by theirs, whatever its prefix
      out.recorders_[{each.topic.ends_with(labels_topic) ? std::string(labels_topic) : each.topic, each.partition}]
          .push_back(begins);
  }
  return out;
}

bool overtaken::operator()(analytics::collection of, const storage::stored_document& document) const {
  bool of_pipeline = of == analytics::collection::windows || of == analytics::collection::alerts;
  const auto& claims = of_pipeline ? pipelines_ : recorders_;
  auto owner = of_pipeline                           ? text_at(document.body, "pipeline")
               : of == analytics::collection::labels ? std::string(labels_topic)
                                                     : text_at(document.body, "topic");
  auto found = claims.find({std::move(owner), integer_at(document.body, "partition").value_or(-1)});
  return found != claims.end() && std::any_of(found->second.begin(), found->second.end(), [&](const start& later) {
           return later.generation > document.as.generation && document.offset >= later.offset;
         });
}

std::vector<std::string> overtaken::pipelines() const {
  std::vector<std::string> out;
  for (const auto& [owner_and_partition, starts] : pipelines_)
    if (out.empty() || out.back() != owner_and_partition.first)
      out.push_back(owner_and_partition.first);
  return out;
}

expected<std::vector<storage::stored_document>> find_results(storage::result_store& store, const overtaken& no_result,
                                                             storage::find_query query) {
  auto wanted = query.limit;
  for (;;) {
    auto found = store.find(query);
    if (!found)
      return found;
    bool all = query.limit == 0 || found->size() < query.limit;
    found->erase(
        std::remove_if(found->begin(), found->end(), [&](const auto& each) { return no_result(query.from, each); }),
        found->end());
    if (all || found->size() >= wanted)
      return found;
    // Few documents are ever overtaken, so this is the rare round.
    query.limit = query.limit > std::numeric_limits<std::size_t>::max() / 4 ? 0 : query.limit * 4;
  }
}

} // namespace throng::query
