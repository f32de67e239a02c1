#include "query/label_events.hpp"

#include <charconv>
#include <string_view>

#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

/// `3,7-9` as first and last of each range; nothing where it is no such text.
std::optional<std::vector<seq_range>> ranges_of(std::string_view text) {
  std::vector<seq_range> found;
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

bool add_part(std::vector<labelled_events>& to, const json::object& part) {
  auto ranges = ranges_of(text_at(part, "seqs"));
  if (ranges)
    to.push_back({text_at(part, "topic"), text_at(part, "entity"), std::move(*ranges)});
  return ranges.has_value();
}

} // namespace

std::optional<std::vector<labelled_events>> events_named_by(const json::object& label) {
  std::vector<labelled_events> made;
  if (!add_part(made, label))
    return std::nullopt;
  const auto* also = label.if_contains("also");
  if (also != nullptr && also->is_array())
    for (const auto& each : also->get_array())
      if (each.is_object() && !add_part(made, each.get_object()))
        return std::nullopt;
  return made;
}

} // namespace throng::query
