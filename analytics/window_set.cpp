#include "analytics/window_set.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "analytics/pane_windows.hpp"
#include "analytics/session_windows.hpp"

namespace throng::analytics {

std::int64_t next_tick(const window_plan& plan, timestamp watermark) {
  auto every = plan.emit_every.count();
  if (every == 0)
    return INT64_MAX;
  return watermark == watermark::none ? INT64_MIN : (floor_div(watermark.ms, every) + 1) * every;
}

bool ticked(const window_plan& plan, timestamp from, timestamp to) {
  auto every = plan.emit_every.count();
  return every > 0 && from != watermark::none && floor_div(to.ms, every) > floor_div(from.ms, every);
}

entry_name read_name(std::string_view key) {
  entry_name name;
  auto [digits_end, wrong] = std::from_chars(key.data(), key.data() + key.size(), name.start);
  auto digits = static_cast<std::size_t>(digits_end - key.data());
  if (wrong != std::errc{} || digits >= key.size() || key[digits] != '/')
    throw corrupt_state{"a window's entry whose key names no window"};
  name.group = key.substr(digits + 1);
  return name;
}

all_windows make_windows(const std::vector<window_plan>& plans, const task_identity& who,
                         std::deque<group_table>& groups) {
  all_windows made;
  const auto prefix_of = [&](std::size_t place) { return fmt::format("w/{}/", place); };
  for (std::size_t i = 0; i < plans.size();) {
    const auto& first = plans[i];
    auto& into = made.sets.emplace_back();
    into.group = first.group;
    if (first.kind == window_plan::shape::session) {
      into.set = std::make_unique<session_windows>(first, who, groups[first.group], prefix_of(i));
      made.entries.push_back({made.sets.size() - 1, 0});
      ++i;
      continue;
    }
    std::vector<const window_plan*> together;
    std::vector<std::string> prefixes;
    // A re-keyed event may find windows final that are open yet, of some entries and not of others: each keeps its own panes there.
    do {
      together.push_back(&plans[i]);
      prefixes.push_back(prefix_of(i));
      made.entries.push_back({made.sets.size() - 1, together.size() - 1});
      ++i;
    } while (i < plans.size() && !who.rekeyed && share_panes(first, plans[i]));
    into.set = std::make_unique<pane_windows>(together, who, groups[first.group], std::move(prefixes));
  }
  return made;
}

} // namespace throng::analytics
