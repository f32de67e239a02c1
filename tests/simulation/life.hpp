// What the tests of web clients, accounts and support clients share: small worlds, and their messages as JSON.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "run_world.hpp"

namespace throng::simulation::testing {

using event = boost::json::object;

/// A world of these populations without trouble; steps of a whole tick.
inline config::scenario small_city(std::vector<config::population> populations, milliseconds duration,
                                   std::string_view start = "2026-01-09T09:00:00Z",
                                   milliseconds tick = milliseconds{10'000}) {
  config::scenario city;
  city.name = "small";
  city.seed = 11;
  city.start = *parse_iso8601(start);
  city.duration = duration;
  city.step = city.message_delay = tick;
  city.populations = std::move(populations);
  return city;
}

inline config::incident incident_of(std::string kind, std::string population, milliseconds at, milliseconds duration,
                                    double subtlety = 0.3, std::uint32_t count = 1) {
  config::incident incident;
  incident.kind = std::move(kind);
  incident.population = std::move(population);
  incident.count = count;
  incident.at = at;
  incident.duration = duration;
  incident.subtlety = subtlety;
  return incident;
}

inline std::shared_ptr<const world> make_world(config::scenario scenario) {
  auto made = world::make(std::move(scenario));
  if (!made)
    throw std::runtime_error(made.error().message);
  return *made;
}

inline run_result run(config::scenario scenario) {
  return run_world(make_world(std::move(scenario)));
}

/// Every message is parsed: one that is not JSON throws.
inline std::map<std::string, std::vector<event>> by_key(const run_result& result, topic which) {
  std::map<std::string, std::vector<event>> found;
  for (const auto& message : result.in(which))
    found[message.key].push_back(boost::json::parse(message.value).as_object());
  for (auto& [key, events] : found)
    std::sort(events.begin(), events.end(),
              [](const event& a, const event& b) { return a.at("seq").as_int64() < b.at("seq").as_int64(); });
  return found;
}

inline std::vector<event> all_of(const run_result& result, topic which) {
  std::vector<event> found;
  for (auto& [key, events] : by_key(result, which))
    found.insert(found.end(), events.begin(), events.end());
  return found;
}

inline std::string text(const event& of, std::string_view field) {
  const auto& value = of.at(field);
  return value.is_null() ? std::string{} : std::string{value.as_string()};
}

inline timestamp time_of(const event& of) {
  return *parse_iso8601(text(of, "timestamp"));
}

/// A number with two decimals as minor units.
inline std::int64_t cents(const event& of, std::string_view field) {
  const auto& value = of.at(field);
  const auto amount = value.to_number<double>() * 100;
  return static_cast<std::int64_t>(amount + (amount < 0 ? -0.5 : 0.5));
}

enum class shape { text, text_or_null, integer, integer_or_null, number };

/// Whether an event has these fields, in this order, of these types, and no others.
inline bool has_exactly(const event& of, std::initializer_list<std::pair<std::string_view, shape>> fields) {
  if (of.size() != fields.size())
    return false;
  auto at = of.begin();
  for (const auto& [name, wanted] : fields) {
    if (at->key() != name)
      return false;
    const auto& value = at->value();
    const bool fits = wanted == shape::text              ? value.is_string()
                      : wanted == shape::text_or_null    ? value.is_string() || value.is_null()
                      : wanted == shape::integer         ? value.is_int64()
                      : wanted == shape::integer_or_null ? value.is_int64() || value.is_null()
                                                         : value.is_number();
    if (!fits)
      return false;
    ++at;
  }
  return true;
}

/// The closing label of each incident, by its cause; one where there are several of a cause.
inline std::map<std::string, event> labels(const run_result& result) {
  std::map<std::string, event> found;
  for (const auto& label : all_of(result, topic::truth_labels))
    if (!label.at("end").is_null() && (text(label, "entity").empty() || !label.at("first_seq").is_null()))
      found[text(label, "cause")] = label;
  return found;
}

/// Whether `3,7-9` names a seq.
inline bool names(const std::string& seqs, std::int64_t seq) {
  for (std::size_t at = 0; at < seqs.size();) {
    const auto end = std::min(seqs.find(',', at), seqs.size());
    const auto range = seqs.substr(at, end - at);
    const auto dash = range.find('-');
    const auto first = std::stoll(range);
    const auto last = dash == std::string::npos ? first : std::stoll(range.substr(dash + 1));
    if (seq >= first && seq <= last)
      return true;
    at = end + 1;
  }
  return false;
}

/// Whether a closing label names an event of its topic among its `seqs`.
inline bool covers(const event& label, const event& of) {
  return names(text(label, "seqs"), of.at("seq").as_int64());
}

/// Whether it names an event of another topic, which has the key.
inline bool covers_also(const event& label, topic in, const std::string& key, const event& of) {
  if (!label.at("also").is_array())
    return false;
  const auto& also = label.at("also").as_array();
  return std::any_of(also.begin(), also.end(), [&](const auto& each) {
    const auto& part = each.as_object();
    return text(part, "topic") == name(in) && text(part, "entity") == key &&
           names(text(part, "seqs"), of.at("seq").as_int64());
  });
}

} // namespace throng::simulation::testing
