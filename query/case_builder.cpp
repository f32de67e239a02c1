#include "query/case_builder.hpp"

#include <algorithm>

namespace throng::query {

alert_status alert_case::status() const {
  return open > 0 ? alert_status::open : acknowledged > 0 ? alert_status::acknowledged : alert_status::resolved;
}

case_builder::part case_builder::root(part of) {
  while (of->into) {
    if (of->into->into) // halves the way for the next who asks
      of->into = of->into->into;
    of = of->into;
  }
  return of;
}

case_builder::part case_builder::unite(const part& a, const part& b) {
  auto into = root(a);
  auto from = root(b);
  if (into == from)
    return into;
  if (into->held.alerts < from->held.alerts)
    std::swap(into, from);
  auto& to = into->held;
  auto& of = from->held;
  to.start = std::min(to.start, of.start);
  to.end = std::max(to.end, of.end);
  to.severity = std::max(to.severity, of.severity);
  to.alerts += of.alerts;
  to.open += of.open;
  to.acknowledged += of.acknowledged;
  to.right += of.right;
  to.wrong += of.wrong;
  to.muted += of.muted;
  to.entities.merge(of.entities);
  to.detectors.merge(of.detectors);
  to.ids.merge(of.ids);
  while (to.ids.size() > most_ids_of_case)
    to.ids.erase(std::prev(to.ids.end()));
  of = {};
  from->into = into;
  return into;
}

void case_builder::retire(timestamp before, std::vector<alert_case>& out) {
  while (!taken_.empty() && taken_.front().time < before) {
    const auto gone = std::move(taken_.front());
    taken_.pop_front();
    for (const auto& each : gone.names) {
      const auto found = places_.find(each);
      if (found == places_.end())
        continue;
      auto& at = found->second;
      if (at.last.second && at.last.first < before)
        at.last = {};
      while (!at.waiting.empty() && at.waiting.front().first < before)
        at.waiting.pop_front();
      if (!at.last.second && at.waiting.empty())
        places_.erase(found);
    }
    const auto its = root(gone.its);
    if (its->closed || its->held.end >= before)
      continue;
    its->closed = true;
    out.push_back(std::move(its->held));
  }
}

void case_builder::take(const case_alert& alert, std::vector<alert_case>& out) {
  retire(alert.time - gap_, out);
  auto its = std::make_shared<node>();
  its->held = {alert.pipeline,
               alert.time,
               alert.time,
               alert.severity,
               1,
               alert.status == alert_status::open ? 1U : 0U,
               alert.status == alert_status::acknowledged ? 1U : 0U,
               alert.verdict == alert_verdict::right ? 1U : 0U,
               alert.verdict == alert_verdict::wrong ? 1U : 0U,
               alert.muted ? 1U : 0U,
               {alert.entity},
               {alert.detector},
               {{alert.time, alert.id}}};
  taken now{alert.time, its, {{alert.pipeline, alert.entity}}};
  // Of the alerts about one entity within the gap each is linked to the next: the last stands for all.
  auto& own = places_[now.names.front()];
  if (own.last.second)
    its = unite(its, own.last.second);
  // Those that named it and came before: from now on this one stands for them, which lies no further from what comes than they do.
  for (const auto& each : own.waiting)
    its = unite(its, each.second);
  own.waiting.clear();
  own.last = {alert.time, its};
  for (const auto& named : alert.named) {
    if (named == alert.entity)
      continue;
    auto& other = places_[now.names.emplace_back(alert.pipeline, named)];
    if (other.last.second)
      its = unite(its, other.last.second);
    // The last about it may be gone from the gap when the next comes that this one still links to.
    while (!other.waiting.empty() && root(other.waiting.back().second) == root(its))
      other.waiting.pop_back();
    other.waiting.emplace_back(alert.time, its);
  }
  taken_.push_back(std::move(now));
}

void case_builder::finish(std::vector<alert_case>& out) {
  if (!taken_.empty())
    retire({taken_.back().time.ms + 1}, out);
}

} // namespace throng::query
