#include "service/event_labels.hpp"

#include <algorithm>
#include <fstream>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "query/label_events.hpp"
#include "query/stored_fields.hpp"

namespace throng::service {

using query::text_at;

namespace json = boost::json;

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
    const auto named = query::events_named_by(*label);
    if (!named)
      return fail(error_kind::invalid,
                  fmt::format("{}:{}: its seqs are none, such as \"3,7-9\"", file.string(), number));
    const auto of_topic = std::find_if(named->begin(), named->end(),
                                       [&](const query::labelled_events& each) { return each.topic == topic; });
    if (of_topic == named->end())
      continue;
    const auto* malicious = label->if_contains("malicious");
    event_labels::label what{text_at(*label, "cause"),
                             malicious != nullptr && malicious->is_bool() && malicious->get_bool()};
    auto& kept = by_id[id];
    kept = {of_topic->entity, {}};
    for (const auto& [first, last] : of_topic->seqs)
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
