#include "service/follower.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/json/serialize.hpp>

#include "config/time.hpp"
#include "query/presented.hpp"
#include "query/stored_fields.hpp"
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

constexpr std::int64_t deeds_seen_for_ms = 600'000;
constexpr std::size_t most_known = 500'000; // in each of two

} // namespace

follower::follower(storage::result_store& store, query::request what)
    : store_(store)
    , what_(std::move(what)) {
  what_.limit = 0;
  if (query::is_collection(what_.subject))
    writes_.emplace(store_, query::collection_of(what_.subject));
}

bool follower::is_known(std::uint64_t identity, std::uint64_t content) {
  if (known_.size() >= most_known) {
    known_before_ = std::move(known_);
    known_.clear();
  }
  const auto [place, is_new] = known_.try_emplace(identity, content);
  if (!is_new)
    return std::exchange(place->second, content) == content;
  const auto before = known_before_.find(identity);
  return before != known_before_.end() && before->second == content;
}

expected<std::vector<json::object>> follower::news() {
  auto asked = what_;
  if (writes_) {
    auto since = writes_->earliest(); // before the question, so that what is written in between comes again
    if (!since)
      return tl::unexpected(since.error());
    if (newest_) {
      auto from = newest_->ms - deeds_seen_for_ms;
      if (*since)
        from = std::min(from, (*since)->ms);
      if (asked.rollup) // whole ones
        from -= ((from % asked.rollup->count()) + asked.rollup->count()) % asked.rollup->count();
      if (!asked.from || asked.from->ms < from)
        asked.from = timestamp{from};
    }
  }
  auto found = query::ask(store_, asked);
  if (!found)
    return tl::unexpected{found.error()};
  std::vector<json::object> out;
  for (auto& each : found->items) {
    const std::hash<std::string> hash;
    if (const auto time = query::shown_time_at(each, query::time_field(what_.subject)); time && !(newest_ >= time))
      newest_ = time;
    if (!is_known(hash(identity_of(each)), hash(storage::to_json_text(each))))
      out.push_back(std::move(each));
  }
  return out;
}

} // namespace throng::service
