#include "service/event_labels.hpp"

#include <charconv>
#include <fstream>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "query/stored_fields.hpp"

namespace throng::service {

namespace {

using query::text_at;

namespace json = boost::json;

/// `3,7-9` as first and last of each range; nothing where it is no such text.
std::optional<std::vector<std::pair<std::int64_t, std::int64_t>>> ranges_of(std::string_view text) {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  const auto* at = text.data();
  const auto* end = at + text.size();
  while (at != end) {
    std::int64_t first = 0;
    auto [behind, wrong] = std::from_chars(at, end, first);
    auto last = first;
    if (wrong == std::errc{} && behind != end && *behind == '-') {
      auto [behind_last, wrong_last] = std::from_chars(behind + 1, end, last);
      behind = behind_last;
      wrong = wrong_last;
    }
    if (wrong != std::errc{} || (behind != end && *behind != ',') || last < first)
      return std::nullopt;
    found.emplace_back(first, last);
    at = behind == end ? end : behind + 1;
  }
  return found;
}

/// Where a label tells of a topic's events: itself, or its part in `also`. Null: it has none.
const json::object* part_of(const json::object& label, std::string_view topic) {
  if (text_at(label, "topic") == topic)
    return &label;
  const auto* also = label.if_contains("also");
  if (also != nullptr && also->is_array())
    for (const auto& each : also->get_array())
      if (each.is_object() && text_at(each.get_object(), "topic") == topic)
        return &each.get_object();
  return nullptr;
}

} // namespace

expected<std::optional<event_labels>> event_labels::read(const std::filesystem::path& folder,
                                                         const std::string& topic) {
  const auto file = folder / "truth.labels.ndjson";
  std::ifstream in{file};
  if (!in)
    return std::optional<event_labels>{};
  std::map<std::string, std::pair<std::string, std::vector<range>>> by_id; // to entity and events
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty())
      continue;
    boost::system::error_code no_json;
    const auto parsed = json::parse(line, no_json);
    const auto* label = no_json ? nullptr : parsed.if_object();
    const auto id = label == nullptr ? std::string{} : text_at(*label, "label_id");
    if (id.empty())
      return fail(error_kind::invalid,
                  fmt::format("{}:{}: is no label: a JSON object with a label_id", file.string(), number));
    if (text_at(*label, "cause").starts_with("trouble."))
      continue;
    const auto* of_topic = part_of(*label, topic);
    if (of_topic == nullptr)
      continue;
    const auto ranges = ranges_of(text_at(*of_topic, "seqs"));
    if (!ranges)
      return fail(error_kind::invalid,
                  fmt::format("{}:{}: its seqs are none, such as \"3,7-9\"", file.string(), number));
    const auto* malicious = label->if_contains("malicious");
    event_labels::label what{text_at(*label, "cause"),
                             malicious != nullptr && malicious->is_bool() && malicious->get_bool()};
    auto& kept = by_id[id];
    kept = {text_at(*of_topic, "entity"), {}};
    for (const auto& [first, last] : *ranges)
      kept.second.push_back({first, last, what});
  }
  event_labels made;
  for (auto& [id, label] : by_id) {
    auto& all = made.by_entity_[label.first];
    all.insert(all.end(), label.second.begin(), label.second.end());
  }
  return std::optional{std::move(made)};
}

const event_labels::label* event_labels::of(const std::string& entity, std::int64_t seq) const {
  const auto known = by_entity_.find(entity);
  const label* found = nullptr;
  if (known != by_entity_.end())
    for (const auto& each : known->second)
      if (seq >= each.first && seq <= each.last && (found == nullptr || each.what.malicious))
        found = &each.what;
  return found;
}

} // namespace throng::service
