#include "analytics/look_back.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

/// Up to so many entries nothing is kept of them: adding them up anew costs less than the memory that totals are in, as an entity has
/// seldom more (bench/analysis file-bank).
constexpr std::size_t short_history = 32;

bool later(std::int64_t time, const look_back_history::entry& what) {
  return time < what.time;
}

bool too_big(double x) {
  return std::fabs(x) >= exact_sum::limit;
}

/// The plain sum in order of time, for numbers that exact_sum does not take; not finite: there is no such double.
/// @param group only of its entries, if one is given
double plain_sum(const look_back_history::entry* from, const look_back_history::entry* to,
                 std::optional<std::uint32_t> group = std::nullopt) {
  long double sum = 0;
  for (; from != to; ++from)
    if (!std::isnan(from->number) && (!group || from->distinct == *group))
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
value of_nothing(config::feature_kind kind, const look_back_history::current& at) {
  switch (kind) {
  case config::feature_kind::count:
  case config::feature_kind::distinct:
    return value::of(std::int64_t{0});
  case config::feature_kind::sum:
    return value::of(0.0);
  case config::feature_kind::seen:
    return at.has_value ? value::of(std::int64_t{0}) : value::null();
  default:
    return value::null();
  }
}

/// Of the entries before `to`, the last that has a number.
const look_back_history::entry* last_number(const look_back_history::entry* from, const look_back_history::entry* to) {
  while (from != to)
    if (!std::isnan((--to)->number))
      return to;
  return nullptr;
}

/// The clocks of two tills differ, and what is two streets away is no journey: 80 km are the least that can look like 1,000 km/h.
constexpr std::int64_t least_journey_ms = 300'000;
constexpr double places_a_degree = 100'000;
constexpr double places_of_lon = 360 * places_a_degree + 1;

value speed_of(const look_back_history::entry* before, const look_back_history::entry& now) {
  if (before == nullptr || std::isnan(now.number))
    return value::null();
  const auto hours = static_cast<double>(std::max(now.time - before->time, least_journey_ms)) / 3'600'000;
  return value::of(distance_km(before->number, now.number) / hours);
}

} // namespace

double place_number(double lat, double lon) {
  if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180))
    return std::numeric_limits<double>::quiet_NaN();
  return std::round((lat + 90) * places_a_degree) * places_of_lon +
         std::round((lon + 180) * places_a_degree); // below 2^53
}

double distance_km(double a, double b) {
  constexpr double radius_km = 6'371.0088; // IUGG's mean radius
  constexpr double radians = 0.017453292519943295;
  const auto lat_of = [](double place) { return (std::floor(place / places_of_lon) / places_a_degree - 90) * radians; };
  const auto lon_of = [](double place) { return std::fmod(place, places_of_lon) / places_a_degree * radians; };
  const auto north = std::sin((lat_of(b) - lat_of(a)) / 2);
  const auto east = std::sin((lon_of(b) - lon_of(a)) / 2);
  const auto h = north * north + std::cos(lat_of(a)) * std::cos(lat_of(b)) * east * east;
  return 2 * radius_km * std::asin(std::sqrt(std::min(1.0, h)));
}

void look_back_history::sums::count(double number, bool added) {
  numbers += added ? 1U : -1U;
  if (too_big(number))
    huge += added ? 1U : -1U;
  else if (added)
    sum.add(number);
  else
    sum.remove(number);
}

/// The entries that one value is computed over, and what they add up to: as it is kept of them, or else looked for in them.
class look_back_history::span {
public:
  span(const entry* from, const entry* to, const totals* kept)
      : from_{from}
      , to_{to}
      , kept_{kept} {}

  value of(const look_back_plan& plan, const look_back_plan::feature& wanted, const current& at) const;

private:
  const sums& numbers(sums& anew) const {
    if (kept_ != nullptr)
      return kept_->all;
    for (const auto* each = from_; each != to_; ++each)
      if (!std::isnan(each->number))
        anew.count(each->number, true);
    return anew;
  }

  /// Null where there is none.
  const sums* numbers_of(std::uint32_t group, sums& anew) const {
    if (kept_ != nullptr) {
      if (!kept_->groups)
        return nullptr;
      const auto found = kept_->groups->find(group);
      return found == kept_->groups->end() ? nullptr : &found->second;
    }
    for (const auto* each = from_; each != to_; ++each)
      if (each->distinct == group && !std::isnan(each->number))
        anew.count(each->number, true);
    return &anew;
  }

  std::size_t times(std::uint32_t distinct) const {
    if (kept_ == nullptr)
      return static_cast<std::size_t>(
          std::count_if(from_, to_, [&](const entry& each) { return each.distinct == distinct; }));
    if (!kept_->distinct)
      return 0;
    const auto found = kept_->distinct->find(distinct);
    return found == kept_->distinct->end() ? 0 : found->second;
  }

  std::size_t distinct() const {
    if (kept_ != nullptr)
      return kept_->distinct ? kept_->distinct->size() : 0;
    std::size_t n = 0;
    for (const auto* each = from_; each != to_; ++each)
      n += each->distinct != 0 &&
                   std::none_of(from_, each, [&](const entry& other) { return other.distinct == each->distinct; })
               ? 1
               : 0;
    return n;
  }

  value habit(const look_back_plan& plan, const current& at) const;

  const entry* from_;
  const entry* to_;
  const totals* kept_;
};

value look_back_history::span::of(const look_back_plan& plan, const look_back_plan::feature& wanted,
                                  const current& at) const {
  const auto* before = to_ - (at.counts && from_ != to_ ? 1 : 0); // the event itself is the last, if it counts
  switch (wanted.kind) {
  case config::feature_kind::count:
    return value::of(static_cast<std::int64_t>(to_ - from_));
  case config::feature_kind::sum:
  case config::feature_kind::mean: {
    sums anew;
    const auto& all = numbers(anew);
    auto sum = all.huge > 0 ? plain_sum(from_, to_) : all.sum.value();
    if (wanted.kind == config::feature_kind::sum)
      return real_or_null(sum);
    return all.numbers == 0 ? value::null() : real_or_null(sum / static_cast<double>(all.numbers));
  }
  case config::feature_kind::min:
    return least_or_greatest(from_, to_, true);
  case config::feature_kind::max:
    return least_or_greatest(from_, to_, false);
  case config::feature_kind::distinct:
    return value::of(static_cast<std::int64_t>(distinct()));
  case config::feature_kind::last:
    if (const auto* last = last_number(from_, before))
      return value::of(last->number);
    return value::null();
  case config::feature_kind::since:
    if (from_ != before)
      return value::of(static_cast<double>(at.what.time - (before - 1)->time) / 1'000);
    return value::null();
  case config::feature_kind::seen:
    if (!at.has_value)
      return value::null();
    return value::of(at.what.distinct == 0 ? std::int64_t{0}
                                           : static_cast<std::int64_t>(times(at.what.distinct)) - (at.counts ? 1 : 0));
  case config::feature_kind::speed:
    return speed_of(last_number(from_, before), at.what);
  case config::feature_kind::habit:
    return habit(plan, at);
  default: // of a graph
    break;
  }
  return value::null();
}

value look_back_history::span::habit(const look_back_plan& plan, const current& at) const {
  if (std::isnan(at.what.number))
    return value::null();
  sums anew;
  const auto* all = plan.group ? numbers_of(at.what.distinct, anew) : &numbers(anew);
  if (all == nullptr)
    return value::null();
  // The event itself counts among them if it counts at all, and is no habit.
  const auto numbers = all->numbers - (at.counts ? 1U : 0U);
  if (numbers == 0)
    return value::null();
  double sum = 0;
  if (all->huge > 0) {
    sum = plain_sum(from_, to_ - (at.counts ? 1 : 0), plan.group ? std::optional{at.what.distinct} : std::nullopt);
  } else {
    auto before = all->sum;
    if (at.counts)
      before.remove(at.what.number);
    sum = before.value();
  }
  return sum == 0 ? value::null() : real_or_null(at.what.number / (sum / numbers));
}

void look_back_history::count_in(const look_back_plan::feature& feature, totals& in, const entry& what, bool added) {
  switch (feature.kind) {
  case config::feature_kind::sum:
  case config::feature_kind::mean:
    if (!std::isnan(what.number))
      in.all.count(what.number, added);
    return;
  case config::feature_kind::habit:
    if (std::isnan(what.number))
      return;
    if (!feature.by_group) {
      in.all.count(what.number, added);
      return;
    }
    if (!in.groups)
      in.groups = std::make_unique<boost::unordered_flat_map<std::uint32_t, sums>>();
    if (auto& group = (*in.groups)[what.distinct]; group.count(what.number, added), group.numbers == 0)
      in.groups->erase(what.distinct);
    return;
  case config::feature_kind::distinct:
  case config::feature_kind::seen:
    if (what.distinct == 0)
      return;
    if (added && !in.distinct)
      in.distinct = std::make_unique<boost::unordered_flat_map<std::uint32_t, std::uint32_t>>();
    if (added)
      ++(*in.distinct)[what.distinct];
    else if (auto found = in.distinct->find(what.distinct); --found->second == 0)
      in.distinct->erase(found);
    return;
  default: // count is a difference of places; least, greatest and what was before are looked for
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
  if (running_.empty() && entries_.size() - head_ > short_history)
    keep_totals(plan);
  else
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (what.time > moment_ - plan.features[i].over.count())
        count_in(plan.features[i], running_[i], what, true);
      else
        ++running_[i].first; // it stands before the span
    }
}

/// From now on, of what is there.
void look_back_history::keep_totals(const look_back_plan& plan) {
  running_.resize(plan.features.size());
  for (std::size_t i = 0; i < running_.size(); ++i) {
    auto& in = running_[i];
    const auto* from = std::upper_bound(begin(), end(), moment_ - plan.features[i].over.count(), later);
    in.first = static_cast<std::uint32_t>(from - entries_.data());
    for (; from != end(); ++from)
      count_in(plan.features[i], in, *from, true);
  }
}

value look_back_history::value_at(const look_back_plan& plan, std::size_t feature, const current& at) {
  slide(plan, {at.what.time});
  const auto& wanted = plan.features[feature];
  // Where an event is older than one before it, its span is not the running one.
  const auto late = at.what.time < moment_;
  if (!late && !running_.empty())
    return span{entries_.data() + running_[feature].first, end(), &running_[feature]}.of(plan, wanted, at);
  const auto* to = late ? std::upper_bound(begin(), end(), at.what.time, later) : end();
  const auto* from = std::upper_bound(begin(), to, at.what.time - wanted.over.count(), later);
  return span{from, to, nullptr}.of(plan, wanted, at);
}

void look_back_history::compact() {
  if (head_ < 16 || head_ < entries_.size() / 2)
    return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
  for (auto& in : running_)
    in.first -= static_cast<std::uint32_t>(head_);
  head_ = 0;
  if (entries_.size() <= short_history / 2)
    running_.clear();
}

look_back::look_back(const look_back_plan& plan, std::string state_prefix, text_ids& entities)
    : plan_(&plan)
    , states_(std::move(state_prefix), entities) {}

std::uint32_t look_back::distinct_number(const value& x, bool counts) {
  scratch_.clear();
  append_canonical(scratch_, x);
  if (!counts) {
    auto known = texts_.find(scratch_);
    return known ? *known + 1 : 0;
  }
  auto which = texts_.intern(scratch_);
  texts_.hold(which);
  return which + 1;
}

look_back_history::current look_back::read(const event& e, bool counts) {
  look_back_history::current made;
  made.counts = counts;
  made.what.time = e.time.ms;
  made.what.number = std::numeric_limits<double>::quiet_NaN();
  if (!plan_->field)
    return made;
  const auto& x = e.slots[*plan_->field];
  made.has_value = !x.is_nothing();
  if (plan_->lon) {
    if (const auto& lon = e.slots[*plan_->lon]; x.is_number() && lon.is_number())
      made.what.number = place_number(x.number(), lon.number());
  } else if (plan_->numbers && x.is_number() && std::isfinite(x.number())) {
    made.what.number = x.number();
  }
  if (plan_->group)
    made.what.distinct = distinct_number(e.slots[*plan_->group], counts);
  else if (plan_->distinct && made.has_value && (counts || plan_->seen))
    made.what.distinct = distinct_number(x, counts);
  return made;
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
  const auto now = read(e, !plan_->where || plan_->where->matches(e));
  if (now.counts) {
    if (known == nullptr)
      known = &states_.make(entity, state{{}, this}, e.time + plan_->longest);
    else if (watermark != watermark::none)
      known->history.forget(*plan_, watermark, [this](const look_back_history::entry& old) { gone(old); });
    known->history.add(*plan_, now.what);
    ++events_;
    states_.changed(entity, known->history.newest() + plan_->longest);
  }
  if (known == nullptr) {
    for (const auto& feature : plan_->features)
      e.slots[feature.into] = of_nothing(feature.kind, now);
    return;
  }
  for (std::size_t i = 0; i < plan_->features.size(); ++i)
    e.slots[plan_->features[i].into] = known->history.value_at(*plan_, i, now);
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
    state made{{}, this};
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
