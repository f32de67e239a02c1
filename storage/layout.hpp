// Which fields of each collection are searched, sorted and indexed, and whose documents are whose: what both stores make their tables
// and indexes from. Knows no database.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/results.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

inline constexpr std::array all_collections{
    analytics::collection::windows, analytics::collection::alerts, analytics::collection::entities,
    analytics::collection::labels,  analytics::collection::events, analytics::collection::books,
};

/// The fields of one index, in order. `offset` and `deleted` mean the stamp's, not the body's.
using index_fields = std::vector<std::string_view>;

struct layout {
  std::vector<std::string_view> fields; ///< top-level fields of the body that hold text, a number or null
  std::vector<index_fields> indexes;
};

const layout& layout_of(analytics::collection which);

/// Documents that one owner wrote for one partition, as an equality on each field.
struct owned_documents {
  analytics::collection in = analytics::collection::windows;
  std::vector<condition> conditions;
};

/// A pipeline owns windows and alerts; `recorder:GROUP` owns entities, events and books of its topic, or labels where it reads the
/// labels' topic. A pipeline's are not asked for their topic, since it reads only one. One that read more would need it here, as a field of
/// both collections and in query/'s `overtaken`; alerts hold it only within `source`, where SQLite has no column.
std::vector<owned_documents> owned_by(std::string_view owner, std::string_view topic, std::int32_t partition);

/// Nothing, or why the store can't be asked this: a field that is not queryable, a value that no comparison is defined for.
expected<void> check_query(const find_query& query);

/// What the ids of headers begin with that are positions of sources (source_positions.hpp), not checkpoints. They are about real topics, so they outlive
/// results.
inline constexpr std::string_view source_positions_prefix = "ingest:";

/// The kinds of plain records that there are; `probes` only while a store is checked.
inline constexpr std::array<std::string_view, 8> record_kinds{"runs",  "pipelines",   "inputs",    "alert_deeds",
                                                              "mutes", "world_books", "snapshots", "probes"};

/// Whether remove_results leaves records of this kind. A mute is made for alerts that are still to come.
constexpr bool outlives_results(std::string_view kind) {
  return kind == "runs" || kind == "inputs" || kind == "mutes";
}

expected<void> check_record_kind(std::string_view kind);

/// The least text that is greater than every text that begins with `prefix`, in the order of bytes that both stores sort by.
std::string end_of_prefix(std::string_view prefix);

} // namespace throng::storage
