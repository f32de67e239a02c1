#include "query/mutes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

constexpr std::string_view kind = "mutes";

/// By the time at which it was made, so that they are listed so.
std::string record_id(const json::object& of) {
  return fmt::format("{}/{}", text_at(of, "at"), text_at(of, "id"));
}

expected<json::object> the_mute(storage::result_store& store, const std::string& beginning) {
  if (beginning.empty())
    return fail(error_kind::invalid, "a mute's id is missing");
  auto all = store.records(kind);
  if (!all)
    return tl::unexpected(all.error());
  std::erase_if(*all, [&](const json::object& each) { return !text_at(each, "id").starts_with(beginning); });
  if (all->empty())
    return fail(error_kind::not_found, fmt::format("there is no mute with the id {}", beginning));
  if (all->size() > 1)
    return fail(error_kind::invalid,
                fmt::format("{} mutes have an id that begins with {}: give more of it", all->size(), beginning));
  return std::move(all->front());
}

} // namespace

expected<json::object> record_mute(storage::result_store& store, const mute& what) {
  if (what.of.pipeline.empty() && what.of.detector.empty() && what.of.entity.empty())
    return fail(error_kind::invalid, "a mute needs a pipeline, a detector or an entity: all alerts can not be muted");
  if (what.until <= what.from)
    return fail(
        error_kind::invalid,
        fmt::format("a mute from {} can not end at {}: it goes by event time, so where that is not now, say both",
                    to_iso8601(what.from), to_iso8601(what.until)));
  auto all = store.records(kind);
  if (!all)
    return tl::unexpected(all.error());
  if (all->size() >= most_mutes)
    return fail(error_kind::conflict, fmt::format("this store holds {} mutes, and no more than that", all->size()));
  json::object made{
      {"id", analytics::document_id({what.of.pipeline, what.of.detector, what.of.entity, to_iso8601(what.from),
                                     to_iso8601(what.until), to_iso8601(what.at)})}};
  for (const auto& [name, value] : {std::pair{"pipeline", &what.of.pipeline}, std::pair{"detector", &what.of.detector},
                                    std::pair{"entity", &what.of.entity}})
    if (!value->empty())
      made[name] = *value;
  made["from"] = to_iso8601(what.from);
  made["until"] = to_iso8601(what.until);
  made["by"] = what.by;
  made["at"] = to_iso8601(what.at);
  made["note"] = what.note;
  if (auto put = store.put_record(kind, record_id(made), made); !put)
    return tl::unexpected(put.error());
  return made;
}

expected<json::object> end_mute(storage::result_store& store, const mute_end& what) {
  auto found = the_mute(store, what.id);
  if (!found)
    return found;
  const auto from = shown_time_at(*found, "from");
  const auto until = shown_time_at(*found, "until");
  if (!from || !until)
    return fail(error_kind::corrupt, fmt::format("mute {} has no times", text_at(*found, "id")));
  if (*until <= what.until)
    return fail(error_kind::conflict, fmt::format("mute {} ends at {} already: it goes by event time, so where that is "
                                                  "not now, say when",
                                                  text_at(*found, "id"), to_iso8601(*until)));
  json::object ended{{"by", what.by}, {"at", to_iso8601(what.at)}, {"note", what.note}, {"until", to_iso8601(*until)}};
  (*found)["until"] = to_iso8601(std::max(*from, what.until));
  (*found)["ended"] = std::move(ended);
  if (auto put = store.put_record(kind, record_id(*found), *found); !put)
    return tl::unexpected(put.error());
  return found;
}

expected<mutes> mutes::in(storage::result_store& store) {
  auto all = store.records(kind);
  if (!all)
    return tl::unexpected(all.error());
  mutes out;
  for (const auto& each : *all) {
    const auto from = shown_time_at(each, "from");
    const auto until = shown_time_at(each, "until");
    if (!from || !until || *until <= *from)
      continue;
    json::object shown;
    for (const auto* name : {"id", "until", "by", "note"})
      shown[name] = text_at(each, name);
    out.by_scope_[{text_at(each, "pipeline"), text_at(each, "detector"), text_at(each, "entity")}].push_back(
        {*from, *until, std::move(shown)});
  }
  return out;
}

const json::object* mutes::over(const mute_scope& alert, timestamp time) const {
  const entry* longest = nullptr;
  for (unsigned given = 1; given < 8 && !by_scope_.empty(); ++given) {
    const auto part = [given](unsigned bit, const std::string& name) {
      return (given & bit) != 0 ? name : std::string{};
    };
    const auto found = by_scope_.find({part(1, alert.pipeline), part(2, alert.detector), part(4, alert.entity)});
    if (found == by_scope_.end())
      continue;
    for (const auto& each : found->second)
      if (each.from <= time && time < each.until && (longest == nullptr || longest->until < each.until))
        longest = &each;
  }
  return longest == nullptr ? nullptr : &longest->shown;
}

void mutes::join(json::object& alert) const {
  const auto time = shown_time_at(alert, "time");
  if (empty() || !time)
    return;
  if (const auto* mute =
          over({text_at(alert, "pipeline"), text_at(alert, "detector"), text_at(alert, "entity")}, *time))
    alert["muted"] = *mute;
}

} // namespace throng::query
