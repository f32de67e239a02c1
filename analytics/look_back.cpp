#include "analytics/look_back.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

bool later(std::int64_t time, const look_back_history::entry& what) {
  return time < what.time;
}

bool too_big(double x) {
  return std::fabs(x) >= exact_sum::limit;
}

/// The plain sum in order of time, for numbers that exact_sum does not take; not finite: there is no such double.
double plain_sum(const look_back_history::entry* from, const look_back_history::entry* to) {
  long double sum = 0;
  for (; from != to; ++from)
    if (!std::isnan(from->number))
      sum += from->number;
  return static_cast<double>(sum);
}

value least_or_greatest(const look_back_history::entry* from, const look_back_history::entry* to, bool least) {
  bool any = false;
  double best = 0;
  for (; from != to; ++from) {
    if (std::isnan(from->number))
      continue;
    if (!any || (least ? from->number < best : from->number > best))
      best = from->number;
    any = true;
  }
  return any ? value::of(best) : value::null();
}

value real_or_null(double x) {
  return std::isfinite(x) ? value::of(x) : value::null();
}

/// A feature's value where no event counts (semantics.md 4).
value of_nothing(config::aggregate_kind kind) {
  switch (kind) {
  case config::aggregate_kind::count:
  case config::aggregate_kind::distinct:
    return value::of(std::int64_t{0});
  case config::aggregate_kind::sum:
    return value::of(0.0);
  default:
    return value::null();
  }
}

} // namespace

void look_back_history::count_in(const look_back_plan::feature& feature, totals& in, const entry& what,
                                 bool added) const {
  switch (feature.kind) {
  case config::aggregate_kind::sum:
  case config::aggregate_kind::mean:
    if (std::isnan(what.number))
      return;
    in.numbers += added ? 1U : -1U;
    if (too_big(what.number))
      in.huge += added ? 1U : -1U;
    else if (added)
      in.sum.add(what.number);
    else
      in.sum.remove(what.number);
    return;
  case config::aggregate_kind::distinct:
    if (what.distinct == 0)
      return;
    if (added && !in.distinct)
      in.distinct = std::make_unique<boost::unordered_flat_map<std::uint32_t, std::uint32_t>>();
    if (added)
      ++(*in.distinct)[what.distinct];
    else if (auto found = in.distinct->find(what.distinct); --found->second == 0)
      in.distinct->erase(found);
    return;
  default: // count is a difference of places; least and greatest are looked for
    return;
  }
}

void look_back_history::slide(const look_back_plan& plan, timestamp to) {
  if (to.ms <= moment_)
    return;
  moment_ = to.ms;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    auto& in = running_[i];
    auto bound = moment_ - plan.features[i].over.count();
    while (in.first < entries_.size() && entries_[in.first].time <= bound)
      count_in(plan.features[i], in, entries_[in.first++], false);
  }
}

void look_back_history::add(const look_back_plan& plan, const entry& what) {
  slide(plan, {what.time});
  // In order, as nearly always, this is the end.
  auto at =
      entries_.empty() || entries_.back().time <= what.time
          ? entries_.end()
          : std::upper_bound(entries_.begin() + static_cast<std::ptrdiff_t>(head_), entries_.end(), what.time, later);
  entries_.insert(at, what);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (what.time > moment_ - plan.features[i].over.count())
      count_in(plan.features[i], running_[i], what, true);
    else
      ++running_[i].first; // it stands before the span
  }
}

value look_back_history::value_at(const look_back_plan& plan, std::size_t feature, timestamp t) {
  slide(plan, t);
  const auto& wanted = plan.features[feature];
  const auto* to = end();
  const auto* from = entries_.data() + running_[feature].first;
  totals fresh;
  const auto* in = &running_[feature];
  if (t.ms < moment_) {
    // An event that is older than one before it: its span is not the running one.
    from = std::upper_bound(begin(), end(), t.ms - wanted.over.count(), later);
    to = std::upper_bound(from, end(), t.ms, later);
    for (const auto* x = from; x != to; ++x)
      count_in(wanted, fresh, *x, true);
    in = &fresh;
  }
  switch (wanted.kind) {
  case config::aggregate_kind::count:
    return value::of(static_cast<std::int64_t>(to - from));
  case config::aggregate_kind::sum:
  case config::aggregate_kind::mean: {
    auto sum = in->huge > 0 ? plain_sum(from, to) : in->sum.value();
    if (wanted.kind == config::aggregate_kind::sum)
      return real_or_null(sum);
    return in->numbers == 0 ? value::null() : real_or_null(sum / static_cast<double>(in->numbers));
  }
  case config::aggregate_kind::min:
    return least_or_greatest(from, to, true);
  case config::aggregate_kind::max:
    return least_or_greatest(from, to, false);
  case config::aggregate_kind::distinct:
    return value::of(static_cast<std::int64_t>(in->distinct ? in->distinct->size() : 0));
  default:
    assert(!"a feature of another kind is refused by the plan");
    return value::null();
  }
}

void look_back_history::compact() {
  if (head_ < 16 || head_ < entries_.size() / 2)
    return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
  for (auto& in : running_)
    in.first -= static_cast<std::uint32_t>(head_);
  head_ = 0;
}

look_back::look_back(const look_back_plan& plan, std::string state_prefix, text_ids& entities)
    : plan_(&plan)
    , states_(std::move(state_prefix), entities) {}

std::uint32_t look_back::distinct_number(const value& x) {
  scratch_.clear();
  append_canonical(scratch_, x);
  auto which = texts_.intern(scratch_);
  texts_.hold(which);
  return which + 1;
}

void look_back::gone(const look_back_history::entry& what) {
  --events_;
  if (what.distinct != 0)
    texts_.release(what.distinct - 1);
}

void look_back::near(text_ids::id entity, int step) const {
  if (step == 0) {
    states_.near_place(entity);
    return;
  }
  const auto* known = states_.near_state(entity);
  if (known == nullptr || step == 1)
    return;
  if (step == 2)
    known->history.near();
  else
    known->history.near_first();
}

void look_back::observe(event& e, text_ids::id entity, timestamp watermark) {
  auto* known = states_.find(entity);
  if (!plan_->where || plan_->where->matches(e)) {
    look_back_history::entry what;
    what.time = e.time.ms;
    what.number = std::numeric_limits<double>::quiet_NaN();
    if (plan_->field) {
      const auto& x = e.slots[*plan_->field];
      if (plan_->numbers && x.is_number() && std::isfinite(x.number()))
        what.number = x.number();
      if (plan_->distinct && !x.is_nothing())
        what.distinct = distinct_number(x);
    }
    if (known == nullptr)
      known = &states_.make(entity, state{look_back_history{*plan_}, this}, e.time + plan_->longest);
    else if (watermark != watermark::none)
      known->history.forget(*plan_, watermark, [this](const look_back_history::entry& old) { gone(old); });
    known->history.add(*plan_, what);
    ++events_;
    states_.changed(entity, known->history.newest() + plan_->longest);
  }
  if (known == nullptr) {
    for (const auto& feature : plan_->features)
      e.slots[feature.into] = of_nothing(feature.kind);
    return;
  }
  for (std::size_t i = 0; i < plan_->features.size(); ++i)
    e.slots[plan_->features[i].into] = known->history.value_at(*plan_, i, e.time);
}

void look_back::expire(timestamp watermark) {
  states_.expire(watermark, [this](text_ids::id, const state& what) {
    for (const auto& entry : what.history)
      gone(entry);
  });
}

void look_back::state::save(byte_writer& out) const {
  out.varint(static_cast<std::uint64_t>(history.end() - history.begin()));
  for (const auto& entry : history) {
    out.i64(entry.time);
    if (owner->plan_->numbers)
      out.real(entry.number);
    if (owner->plan_->distinct)
      out.text(entry.distinct == 0 ? std::string_view{} : owner->texts_.text(entry.distinct - 1));
  }
}

void look_back::restore(std::string_view entity, std::string_view bytes) {
  states_.restore(entity, bytes, [this](byte_reader& in) {
    state made{look_back_history{*plan_}, this};
    auto entries = in.count();
    if (entries == 0)
      throw corrupt_state{"a look-back without an event"};
    for (std::size_t i = 0; i < entries; ++i) {
      look_back_history::entry what;
      what.time = in.i64();
      what.number = plan_->numbers ? in.real() : std::numeric_limits<double>::quiet_NaN();
      if (std::isinf(what.number))
        throw corrupt_state{"an infinite number in a look-back"};
      if (plan_->distinct)
        if (auto text = in.text(); !text.empty()) {
          auto which = texts_.intern(text);
          texts_.hold(which);
          what.distinct = which + 1;
        }
      made.history.add(*plan_, what);
      ++events_;
    }
    return made;
  });
}

} // namespace throng::analytics
