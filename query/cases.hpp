// The cases of a store: its alerts, read by time in pages, with what people did to them, grouped by case_builder. Nothing is stored: the same alerts are
// the same cases, from either store.
#pragma once

#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/time.hpp"
#include "query/case_builder.hpp"
#include "query/presented.hpp"
#include "query/results.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// Alerts further apart are of different cases, where nothing else is asked.
inline constexpr milliseconds usual_case_gap{3'600'000};

/// Of an alert's evidence so many texts are looked at, and of a case's entities so many are shown.
inline constexpr std::size_t most_names_of_alert = 100;
inline constexpr std::size_t most_entities_shown = 100;

/// Those of the request's pipeline, entity (one of its entities) and times (its start), in no order.
/// @param page so many alerts are read at a time
expected<std::vector<presented>> cases_in(storage::result_store& store, const overtaken& no_result, const request& what,
                                          std::size_t page = 5'000);

} // namespace throng::query
