// Short ways to write a pipeline down in a test, and to keep what a task hands on as a store would.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "analytics/partition_task.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/pipeline.hpp"

namespace throng::test {

using namespace throng::analytics;

inline boost::json::object object(const char* text) {
  return boost::json::parse(text).as_object();
}

inline config::aggregate aggregate(const std::string& name) {
  static const std::map<std::string, config::aggregate_kind> kinds{
      {"count", config::aggregate_kind::count},       {"sum", config::aggregate_kind::sum},
      {"mean", config::aggregate_kind::mean},         {"min", config::aggregate_kind::min},
      {"max", config::aggregate_kind::max},           {"stddev", config::aggregate_kind::stddev},
      {"variance", config::aggregate_kind::variance}, {"first", config::aggregate_kind::first},
      {"last", config::aggregate_kind::last},         {"distinct", config::aggregate_kind::distinct},
      {"top_10", config::aggregate_kind::top_10}};
  if (auto found = kinds.find(name); found != kinds.end())
    return {found->second, 0, name};
  return {config::aggregate_kind::percentile, std::stod(name.substr(1)), name};
}

inline std::pair<std::string, std::vector<config::aggregate>> aggregates(const std::string& field,
                                                                         const std::vector<std::string>& names) {
  std::vector<config::aggregate> made;
  for (const auto& name : names)
    made.push_back(aggregate(name));
  return {field, made};
}

inline config::window tumbling(std::string name, milliseconds size, std::vector<std::string> group_by = {}) {
  config::window made;
  made.name = std::move(name);
  made.size = size;
  made.every = size;
  made.group_by = std::move(group_by);
  return made;
}

inline config::window hopping(std::string name, milliseconds size, milliseconds every,
                              std::vector<std::string> group_by = {}) {
  auto made = tumbling(std::move(name), size, std::move(group_by));
  made.kind = config::window::shape::hopping;
  made.every = every;
  return made;
}

inline config::window session(std::string name, milliseconds gap, std::vector<std::string> group_by) {
  auto made = tumbling(std::move(name), gap, std::move(group_by));
  made.kind = config::window::shape::session;
  return made;
}

inline config::window calendar_window(std::string name, std::string length, std::string zone,
                                      std::vector<std::string> group_by = {}) {
  auto made = tumbling(std::move(name), milliseconds{0}, std::move(group_by));
  made.kind = config::window::shape::calendar;
  made.calendar = std::move(length);
  made.zone = std::move(zone);
  return made;
}

inline config::feature feature(std::string name, milliseconds over, std::string_view kind, std::string field = {}) {
  using enum config::feature_kind;
  static const std::map<std::string_view, config::feature_kind> kinds{
      {"count", count},     {"sum", sum},           {"mean", mean},   {"min", min},
      {"max", max},         {"distinct", distinct}, {"last", last},   {"since", since},
      {"seen", seen},       {"speed", speed},       {"habit", habit}, {"fan_in", fan_in},
      {"fan_out", fan_out}, {"received", received}, {"sent", sent},   {"held", held},
      {"payers", payers},   {"payees", payees},     {"cycle", cycle}, {"scatter_gather", scatter_gather}};
  config::feature made;
  made.name = std::move(name);
  made.over = over;
  made.kind = kinds.at(kind);
  made.field = std::move(field);
  return made;
}

inline config::rule rule(std::string name, const char* when, milliseconds cooldown = milliseconds{0},
                         std::string reason = {}) {
  config::rule made;
  made.name = std::move(name);
  made.when = object(when);
  made.cooldown = cooldown;
  made.reason = std::move(reason);
  return made;
}

/// Readings of `id` at `t`, a disorder of 3 s.
inline config::pipeline readings() {
  config::pipeline made;
  made.name = "test";
  made.source = "readings";
  made.key = "id";
  made.timestamp = "t";
  made.disorder = milliseconds{3'000};
  return made;
}

inline std::shared_ptr<const pipeline_plan> compiled(config::pipeline definition) {
  auto plan = pipeline_plan::compile(std::move(definition));
  if (!plan) {
    std::string all;
    for (const auto& each : plan.error())
      all += each.path + ": " + each.sentence + "\n";
    throw std::runtime_error(all);
  }
  return *plan;
}

/// A message with its text.
struct message {
  std::int64_t offset = 0;
  std::optional<std::string> value;
  std::optional<std::string> key;
  std::int64_t timestamp_ms = -1;

  raw_message raw() const {
    raw_message made;
    made.offset = offset;
    made.timestamp_ms = timestamp_ms;
    if (key)
      made.key = *key;
    if (value)
      made.value = *value;
    return made;
  }
};

/// What stands in the store and in the topics after effects have been carried out: the last document of each id unless it is superseded,
/// each message once by its `id` header.
struct outcome {
  std::map<std::string, document> documents;
  std::map<std::string, side_message> messages;
  std::size_t writes = 0;

  static std::string header(const side_message& sent, const std::string& name) {
    for (const auto& [key, value] : sent.headers)
      if (key == name)
        return value;
    return {};
  }

  void carry_out(effects& done) {
    writes += done.documents.size();
    for (auto& each : done.documents) {
      auto id = std::string{name(each.into)} + "/" + each.id;
      if (each.superseded)
        documents.erase(id);
      else
        documents[id] = std::move(each);
    }
    for (auto& each : done.messages)
      messages[each.topic + "/" + header(each, "id")] = std::move(each);
    done.clear();
  }

  /// What a claim does: no document with a message from `offset` on in it is a result.
  void remove_from(std::int64_t offset) {
    std::erase_if(documents, [&](const auto& entry) { return entry.second.offset >= offset; });
  }

  std::vector<const document*> of(collection which) const {
    std::vector<const document*> found;
    for (const auto& [id, each] : documents)
      if (each.into == which)
        found.push_back(&each);
    return found;
  }

  /// The only window of that name and start, by group key if given; null if there is none.
  const boost::json::object* window(std::string_view name, std::int64_t start,
                                    std::string_view group_key = "[]") const {
    for (const auto* each : of(collection::windows))
      if (each->body.at("window").as_string() == name && each->body.at("start").as_int64() == start &&
          each->body.at("group_key").as_string() == group_key)
        return &each->body;
    return nullptr;
  }

  /// The first difference, or nothing.
  std::string differs_from(const outcome& other) const {
    auto shown = [](const document& x) {
      return boost::json::serialize(x.body) + " offset " + std::to_string(x.offset);
    };
    for (const auto& [id, each] : documents) {
      auto found = other.documents.find(id);
      if (found == other.documents.end())
        return "only here: " + shown(each);
      if (found->second.body != each.body || found->second.offset != each.offset)
        return "here " + shown(each) + ", there " + shown(found->second);
      if (found->second.state != each.state)
        return "another state: " + shown(each);
    }
    for (const auto& [id, each] : other.documents)
      if (!documents.contains(id))
        return "only there: " + shown(each);
    for (const auto& [id, each] : messages)
      if (!other.messages.contains(id) || other.messages.at(id).value != each.value)
        return "message only here, or another: " + id;
    for (const auto& [id, each] : other.messages)
      if (!messages.contains(id))
        return "message only there: " + id;
    return {};
  }
};

/// Takes all messages in, from the task's next offset on. @returns the error of the first that is refused
inline std::optional<error> take_all(partition_task& task, const std::vector<message>& messages, outcome& into) {
  effects done;
  for (const auto& each : messages) {
    if (each.offset < task.next_offset())
      continue;
    auto taken = task.take(each.raw(), done);
    into.carry_out(done);
    if (!taken)
      return taken.error();
  }
  return std::nullopt;
}

inline std::vector<state_entry> saved(partition_task& task, bool only_changes) {
  std::vector<state_entry> entries;
  task.save(only_changes, [&](state_entry&& each) { entries.push_back(std::move(each)); });
  return entries;
}

} // namespace throng::test
