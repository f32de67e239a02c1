// Documents in the shape of commands.md: what is internal taken away, times as ISO 8601.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "query/query.hpp"
#include "query/results.hpp"

namespace throng::query {

/// A document as it is shown, and what tells it from all others of its subject, the same in every run: paging goes on from it.
struct presented {
  std::string identity;
  boost::json::object document;
};

/// The field that a subject is sorted by where nothing else is asked: empty for runs and mutes, which come in their own order.
std::string_view time_field(subject of);

/// Windows that the request's pipeline, window, group, entity and times choose, partials merged, rolled up where asked.
/// invalid: a roll-up of what is not tumbling, or to no multiple of its length.
expected<std::vector<presented>> merged_windows(storage::result_store& store, const overtaken& no_result,
                                                const request& what);

/// Alerts, entities, labels or events that the request's pipeline, entity and times choose, in its order where the store can sort so.
/// @param limit at least so many, where there are; 0: all
/// @param from_value where the store sorts: only documents at or past this value of the sort field; null: all
expected<std::vector<presented>> stored_results(storage::result_store& store, const overtaken& no_result,
                                                const request& what, std::size_t limit,
                                                const boost::json::value& from_value);

/// Whether the store itself can sort this subject by this field.
bool sorts_at_store(subject of, std::string_view field);

/// A name and whether it falls: `-start`.
std::pair<std::string, bool> sort_order(const request& what);

/// Whether its results are documents of a collection; runs and mutes are plain records, and cases are made of alerts.
bool is_collection(subject of);
/// @pre is_collection(of)
analytics::collection collection_of(subject of);

/// A stored body as it is shown: what is internal taken away, times as text.
void present(boost::json::object& document, subject of);

/// Turns a collection's time fields into ISO 8601 text; what is no time within the years 0 to 9999 stays as it is.
void present_times(boost::json::object& document, analytics::collection of);

} // namespace throng::query
