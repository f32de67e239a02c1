#include "analytics/window_set.hpp"

#include <charconv>

#include "analytics/pane_windows.hpp"
#include "analytics/session_windows.hpp"

namespace throng::analytics {

std::int64_t window_set::next_tick(timestamp watermark) const {
  auto every = plan_->emit_every.count();
  if (every == 0)
    return INT64_MAX;
  return watermark == watermark::none ? INT64_MIN : (floor_div(watermark.ms, every) + 1) * every;
}

bool window_set::ticked(timestamp from, timestamp to) const {
  auto every = plan_->emit_every.count();
  return every > 0 && from != watermark::none && floor_div(to.ms, every) > floor_div(from.ms, every);
}

window_set::entry_name window_set::read_name(std::string_view key) {
  entry_name name;
  auto [digits_end, wrong] = std::from_chars(key.data(), key.data() + key.size(), name.start);
  auto digits = static_cast<std::size_t>(digits_end - key.data());
  if (wrong != std::errc{} || digits >= key.size() || key[digits] != '/')
    throw corrupt_state{"a window's entry whose key names no window"};
  name.group = key.substr(digits + 1);
  return name;
}

std::unique_ptr<window_set> make_window_set(const window_plan& plan, const task_identity& who, group_table& groups,
                                            std::string state_prefix) {
  if (plan.kind == window_plan::shape::session)
    return std::make_unique<session_windows>(plan, who, groups, std::move(state_prefix));
  return std::make_unique<pane_windows>(plan, who, groups, std::move(state_prefix));
}

} // namespace throng::analytics
