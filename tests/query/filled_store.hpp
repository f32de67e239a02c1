// A store of a test's own, and documents as the engine and the recorder write them.
#pragma once

#include <map>
#include <memory>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

#include "../storage/must.hpp"
#include "../storage/temporary_folder.hpp"
#include "analytics/aggregate.hpp"
#include "analytics/partial_state.hpp"
#include "analytics/recorder.hpp"
#include "config/time.hpp"
#include "query/query.hpp"
#include "storage/checkpoint_log.hpp"
#include "storage/result_store.hpp"

namespace throng::test {

namespace json = boost::json;
using analytics::collection;
using analytics::document;

/// 2026-01-05T06:00:00Z, a whole hour.
inline constexpr std::int64_t six_o_clock = 1'767'592'800'000;
inline constexpr std::int64_t minute = 60'000;

/// A partial of a window with `temperature`'s count, mean and max.
struct partial_window {
  std::string pipeline = "city-climate";
  std::string window = "climate-1m";
  std::int64_t start = six_o_clock;
  std::int64_t length = minute;
  json::value district = "north";
  std::int32_t partition = 0;
  std::vector<double> temperatures;
  bool final = true;
  std::int64_t offset = 0;
};

inline document make(const partial_window& of) {
  using analytics::aggregate_cell;
  using config::aggregate_kind;
  analytics::aggregated_fields fields{
      {"temperature",
       {{aggregate_kind::count, 0, "count"}, {aggregate_kind::mean, 0, "mean"}, {aggregate_kind::max, 0, "max"}}}};
  auto plan = analytics::aggregate_plan::of(fields[0].second);
  aggregate_cell cell{plan};
  std::int64_t at = 0;
  for (auto x : of.temperatures)
    cell.add(plan, analytics::value::of(x), {{of.start + at}, of.partition, at}), ++at;
  auto state = analytics::partial_state_header(fields);
  analytics::byte_writer out{state};
  cell.save(plan, out);
  auto group_key = "[" + json::serialize(of.district) + "]"; // as the engine has it
  document made;
  made.into = collection::windows;
  made.id = analytics::document_id(
      {of.pipeline, of.window, std::to_string(of.start), group_key, std::to_string(of.partition)});
  made.body = {{"pipeline", of.pipeline},
               {"window", of.window},
               {"start", of.start},
               {"end", of.start + of.length},
               {"group", {{"district", of.district}}},
               {"events", static_cast<std::int64_t>(of.temperatures.size())},
               {"final", of.final},
               {"late", 0},
               {"temperature", cell.render(plan)},
               {"topic", "iot.readings"},
               {"partition", of.partition},
               {"group_key", group_key}};
  made.state = std::move(state);
  made.offset = of.offset;
  return made;
}

inline document make_alert(std::string id, std::string entity, std::int64_t time, std::string detector = "shift",
                           double score = 1.5, std::int32_t partition = 0) {
  document made;
  made.into = collection::alerts;
  made.id = id;
  made.body = {{"id", id},
               {"pipeline", "city-climate"},
               {"detector", detector},
               {"entity", entity},
               {"time", time},
               {"severity", "warning"},
               {"score", score},
               {"reason", "it rose"},
               {"evidence", {{"mean", 20.5}}},
               {"source", {{"topic", "iot.readings"}, {"partition", partition}, {"offset", 7}}},
               {"partition", partition}};
  return made;
}

inline document make_label(std::string id, std::string entity, std::string cause, std::int64_t start,
                           std::optional<std::int64_t> end, bool malicious = true) {
  document made;
  made.into = collection::labels;
  made.id = id;
  made.body = {{"label_id", id},          {"cause", cause}, {"entity", entity},
               {"topic", "iot.readings"}, {"start", start}, {"end", end ? json::value(*end) : json::value(nullptr)},
               {"malicious", malicious},  {"partition", 0}};
  return made;
}

class filled_store {
public:
  filled_store()
      : store_(must(storage::open_store("sqlite:" + folder_ / "store.db"))) {}

  void write(const std::vector<document>& documents, storage::stamp as = {1, 1}) {
    std::vector<storage::stamped_document> batch;
    for (const auto& each : documents)
      batch.push_back({&each, as});
    must(store_->write(batch));
  }

  /// What a claim of this pipeline's partition leaves behind, having gone on from `offset`.
  void claim(const std::string& pipeline, std::int64_t offset, std::int32_t partition = 0) {
    storage::checkpoint_log log{*store_, {pipeline, "iot.readings", partition, "hash", "source", 4}, "w"};
    must(log.claim());
    must(log.save({}, true, offset, {}));
  }

  /// A new file for each of a property's hundred trials would take seconds.
  void clear() {
    must(store_->remove_results());
  }

  storage::result_store& operator*() {
    return *store_;
  }

private:
  temporary_folder folder_;
  std::unique_ptr<storage::result_store> store_;
};

inline query::request windows() {
  query::request out;
  out.subject = query::subject::windows;
  out.pipeline = "city-climate";
  return out;
}

inline query::request alerts() {
  query::request out;
  out.subject = query::subject::alerts;
  return out;
}

inline std::string text(const json::object& document) {
  return json::serialize(document);
}

/// One field of each item, as text.
inline std::vector<std::string> column(const query::answer& of, const std::string& field) {
  std::vector<std::string> out;
  for (const auto& item : of.items) {
    const auto& x = item.at(field);
    out.push_back(x.is_string() ? std::string(x.get_string()) : json::serialize(x));
  }
  return out;
}

using texts = std::vector<std::string>;

} // namespace throng::test
