#include "service/follower.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/json/serialize.hpp>

#include "config/time.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

/// What tells a result from all others of its subject; fields that it does not have are left out.
std::string identity_of(const json::object& of) {
  for (const auto* name : {"id", "label_id"})
    if (const auto* found = of.if_contains(name))
      return json::serialize(*found);
  json::object fields;
  for (const auto* name : {"pipeline", "window", "start", "group", "entity", "topic", "partition", "offset"})
    if (const auto* found = of.if_contains(name))
      fields[name] = *found;
  return json::serialize(fields);
}

std::optional<timestamp> time_at(const json::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  if (found == nullptr || !found->is_string())
    return std::nullopt;
  auto time = parse_iso8601({found->get_string().data(), found->get_string().size()});
  return time ? std::optional{*time} : std::nullopt;
}

/// Runs have none: they are few, and always asked for in full.
timestamp time_of(const json::object& of) {
  auto time = time_at(of, "start");
  return time ? *time : time_at(of, "time").value_or(timestamp{});
}

} // namespace

follower::follower(storage::result_store& store, query::request what)
    : store_(store)
    , what_(std::move(what)) {
  what_.limit = 0;
}

expected<std::vector<json::object>> follower::news() {
  auto asked = what_;
  if (newest_ && asked.subject != query::subject::runs) {
    const timestamp since{newest_->ms - look_back_ms_};
    if (!asked.from || asked.from->ms < since.ms)
      asked.from = since;
  }
  auto found = query::ask(store_, asked);
  if (!found)
    return tl::unexpected{found.error()};
  std::map<std::string, std::pair<timestamp, std::size_t>> now;
  std::vector<json::object> out;
  for (auto& each : found->items) {
    auto identity = identity_of(each);
    const auto hash = std::hash<std::string>{}(storage::to_json_text(each));
    const auto time = time_of(each);
    if (auto end = time_at(each, "end"); end && asked.subject == query::subject::windows)
      look_back_ms_ = std::max(look_back_ms_, 2 * (end->ms - time.ms));
    if (!newest_ || newest_->ms < time.ms)
      newest_ = time;
    auto before = known_.find(identity);
    now.emplace(std::move(identity), std::pair{time, hash});
    if (before == known_.end() || before->second.second != hash)
      out.push_back(std::move(each));
  }
  // One session may swallow another; but where nothing is left of what was there, the store was filled anew.
  bool expected_some = false;
  bool any_left = false;
  for (const auto& [identity, before] : known_)
    if (!asked.from || before.first.ms >= asked.from->ms) {
      expected_some = true;
      any_left = any_left || now.contains(identity);
    }
  if (expected_some && !any_left) {
    known_.clear();
    newest_.reset();
    return news();
  }
  known_ = std::move(now);
  return out;
}

} // namespace throng::service
