#include "query/prune.hpp"

namespace throng::query {

expected<pruned> prune(storage::result_store& store, timestamp before) {
  using comparison = storage::condition::comparison;
  pruned gone;
  struct {
    analytics::collection in;
    const char* field;
    comparison is;
    std::uint64_t* count;
  } const parts[] = {{analytics::collection::windows, "end", comparison::lte, &gone.windows},
                     {analytics::collection::alerts, "time", comparison::lt, &gone.alerts},
                     {analytics::collection::events, "time", comparison::lt, &gone.events}};
  for (const auto& part : parts) {
    storage::find_query what;
    what.from = part.in;
    what.conditions.push_back({part.field, part.is, before.ms});
    auto removed = store.remove(what);
    if (!removed)
      return tl::unexpected{removed.error()};
    *part.count = *removed;
  }
  return gone;
}

} // namespace throng::query
