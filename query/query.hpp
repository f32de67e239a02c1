// The questions that the command line and the HTTP API ask alike: filters, merged partials, roll-up, order, limit, paging.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

enum class subject { windows, alerts, entities, labels, events, runs, mutes, cases, thresholds };
expected<subject> parse_subject(const std::string& name);

/// As on the command line; times already read.
struct request {
  query::subject subject = query::subject::windows;
  std::string pipeline;
  std::string window;
  std::vector<std::pair<std::string, std::string>> group; ///< k=v
  std::string entity;
  std::optional<timestamp> from;            ///< inclusive: a window's or case's start, an alert's time
  std::optional<timestamp> to;              ///< exclusive
  std::optional<boost::json::object> where; ///< MongoDB match over the merged documents
  std::string sort;                         ///< field, `-field` for falling; empty: the subject's time, rising
  std::size_t limit = 100;                  ///< 0: all
  std::optional<milliseconds> rollup;
  std::optional<milliseconds> gap; ///< of cases: alerts further apart are of different ones; none: usual_case_gap
  std::string cursor;              ///< of the page before
};

struct answer {
  std::vector<boost::json::object> items; ///< documents of commands.md: times as ISO 8601 text
  std::optional<std::string> next;        ///< cursor of the next page
  std::string why_empty;                  ///< a sentence where items is empty: what is there instead
};

/// Documents that a later claim has overtaken are no results and are left out (semantics.md 6).
/// invalid: a field, option, roll-up or cursor that can't be; the sentence says what can.
expected<answer> ask(storage::result_store& store, const request& what);

/// How many documents ask() would give without a limit.
expected<std::uint64_t> count(storage::result_store& store, const request& what);

enum class format { table, json, ndjson, csv };
expected<format> parse_format(const std::string& name);

/// @param width of the terminal for tables; 0: no limit
std::string render(const answer& what, subject of, format as, std::size_t width);

} // namespace throng::query
