#include "analytics/topic_table.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "analytics/json_scanner.hpp"

namespace throng::analytics {

namespace {

config::pipeline reading_of(const config::enrichment& definition) {
  config::pipeline made;
  made.timestamp = definition.timestamp;
  made.timestamp_unit = definition.timestamp_unit;
  made.max_ahead = milliseconds{INT64_MAX}; // a row may be announced
  return made;
}

} // namespace

topic_table::topic_table(const config::enrichment& definition)
    : definition_(definition)
    , reading_(reading_of(definition))
    , decoder_(reading_, fields_) {
  for (const auto& name : definition_.add)
    columns_.push_back(fields_.message_field(name));
}

std::optional<std::string> topic_table::take(const raw_message& message) {
  if (!message.key)
    return "it has no key";
  if (!valid_utf8(*message.key))
    return "its key is not UTF-8";
  auto& versions = rows_[std::string{*message.key}];
  version made;
  if (message.value) {
    // Without any time it counts from the beginning.
    const auto time = message.timestamp_ms < 0 && definition_.timestamp.empty() ? 0 : message.timestamp_ms;
    if (auto dead = decoder_.decode(*message.value, {message.offset, time}, event_)) {
      if (versions.empty())
        rows_.erase(rows_.find(*message.key));
      return dead->detail;
    }
    made.since = event_.time;
    auto& row = made.row.emplace("{");
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0)
        row += ',';
      append_json_string(row, definition_.add[i]);
      row += ':';
      append_json(row, event_.slots[columns_[i]]);
    }
    row += '}';
  } else {
    made.since = message.timestamp_ms >= 0 ? timestamp{message.timestamp_ms}
                 : versions.empty()        ? timestamp{0}
                                           : versions.back().since;
  }
  newest_ = std::max(newest_, made.since);
  auto behind = std::upper_bound(versions.begin(), versions.end(), made.since,
                                 [](timestamp time, const version& each) { return time < each.since; });
  bytes_ += size_of(*message.key, made);
  if (behind != versions.begin() && std::prev(behind)->since == made.since) {
    bytes_ -= size_of(*message.key, *std::prev(behind));
    *std::prev(behind) = std::move(made);
  } else {
    versions.insert(behind, std::move(made));
  }
  return std::nullopt;
}

std::size_t topic_table::size_of(std::string_view key, const version& each) {
  constexpr std::size_t frame = 48; // of its line
  return key.size() + (each.row ? each.row->size() : 0) + frame;
}

void topic_table::forget() {
  if (definition_.keep.count() == 0 || rows_.empty()) // without a row there is no newest
    return;
  const auto horizon = newest_ - definition_.keep;
  for (auto key = rows_.begin(); key != rows_.end();) {
    auto& versions = key->second;
    auto behind = std::upper_bound(versions.begin(), versions.end(), horizon,
                                   [](timestamp time, const version& each) { return time < each.since; });
    // The last before the horizon still counts behind it, unless it says that there is none.
    auto kept = behind == versions.begin() ? behind : std::prev(behind);
    if (kept != behind && !kept->row)
      kept = behind;
    for (auto each = versions.begin(); each != kept; ++each)
      bytes_ -= size_of(key->first, *each);
    versions.erase(versions.begin(), kept);
    key = versions.empty() ? rows_.erase(key) : std::next(key);
  }
}

expected<std::shared_ptr<const lookup_table>> topic_table::table() {
  forget();
  std::string text;
  for (const auto& [key, versions] : rows_)
    for (const auto& each : versions) {
      text += R"({"key":)";
      append_json_string(text, key);
      text += fmt::format(R"(,"since":{},"row":{}}})", each.since.ms, each.row ? *each.row : "null");
      text += '\n';
    }
  auto made =
      lookup_table::parse(lookup_table::format::topic, std::move(text), definition_.key_name(), definition_.add);
  if (!made)
    return fail(
        error_kind::exhausted,
        fmt::format("the table of topic {} {}: leave fields out of `add`, or say in `keep` for how long replaced rows "
                    "are asked for",
                    definition_.topic, made.error().front().sentence));
  return *made;
}

} // namespace throng::analytics
