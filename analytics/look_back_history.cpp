#include "analytics/look_back_history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/codec.hpp"

namespace throng::analytics {

namespace {

/// Up to so many entries nothing is kept of them: adding them up anew costs less than the memory that totals are in, as an entity has
/// seldom more (bench/analysis file-bank).
constexpr std::size_t short_history = 32;

using word = look_back_history::word;

bool too_big(double x) {
  return std::fabs(x) >= exact_sum::limit;
}

value real_or_null(double x) {
  return std::isfinite(x) ? value::of(x) : value::null();
}

/// The first of the rows [from, to) that is later than `time`.
const word* first_after(const word* from, const word* to, std::size_t width, std::int64_t time) {
  auto n = static_cast<std::size_t>(to - from) / width;
  while (n > 0) {
    const auto* middle = from + n / 2 * width;
    if (look_back_history::time_of(middle) <= time) {
      from = middle + width;
      n -= n / 2 + 1;
    } else {
      n /= 2;
    }
  }
  return from;
}

/// The clocks of two tills differ, and what is two streets away is no journey: 80 km are the least that can look like 1,000 km/h.
constexpr std::int64_t least_journey_ms = 300'000;
constexpr double places_a_degree = 100'000;
constexpr double places_of_lon = 360 * places_a_degree + 1;

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

/// The rows that one value is computed over, and what they add up to: as it is kept of them, or else looked for in them.
class look_back_history::span {
public:
  span(const look_back_plan& plan, const look_back_plan::feature& wanted, const word* from, const word* to,
       const totals* kept)
      : wanted_{wanted}
      , from_{from}
      , to_{to}
      , width_{plan.width()}
      , kept_{kept} {}

  value of(const current& at) const;

private:
  double number(const word* row) const {
    return number_of(row, wanted_.numbers);
  }
  std::uint32_t text(const word* row) const {
    return value_of(row, wanted_.values);
  }

  const sums& numbers(sums& anew) const {
    if (kept_ != nullptr)
      return kept_->all;
    for (const auto* row = from_; row != to_; row += width_)
      if (!std::isnan(number(row)))
        anew.count(number(row), true);
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
    for (const auto* row = from_; row != to_; row += width_)
      if (text(row) == group && !std::isnan(number(row)))
        anew.count(number(row), true);
    return &anew;
  }

  std::int64_t times(std::uint32_t what) const {
    if (kept_ != nullptr) {
      if (!kept_->distinct)
        return 0;
      const auto found = kept_->distinct->find(what);
      return found == kept_->distinct->end() ? 0 : found->second;
    }
    std::int64_t n = 0;
    for (const auto* row = from_; row != to_; row += width_)
      n += text(row) == what ? 1 : 0;
    return n;
  }

  std::size_t distinct() const {
    if (kept_ != nullptr)
      return kept_->distinct ? kept_->distinct->size() : 0;
    std::size_t n = 0;
    for (const auto* row = from_; row != to_; row += width_) {
      const auto* before = from_;
      while (before != row && text(before) != text(row))
        before += width_;
      n += before == row && text(row) != 0 ? 1 : 0;
    }
    return n;
  }

  /// The plain sum in order of time, for numbers that exact_sum does not take; not finite: there is no such double.
  /// @param group only of its rows, if one is given
  double plain_sum(const word* to, std::optional<std::uint32_t> group = std::nullopt) const {
    long double sum = 0;
    for (const auto* row = from_; row != to; row += width_)
      if (!std::isnan(number(row)) && (!group || text(row) == *group))
        sum += number(row);
    return static_cast<double>(sum);
  }

  value least_or_greatest(bool least) const {
    bool any = false;
    double best = 0;
    for (const auto* row = from_; row != to_; row += width_) {
      const auto x = number(row);
      if (std::isnan(x))
        continue;
      if (!any || (least ? x < best : x > best))
        best = x;
      any = true;
    }
    return any ? value::of(best) : value::null();
  }

  /// Of the rows before `to`, the last that has a number.
  const word* last_number(const word* to) const {
    while (from_ != to)
      if (to -= width_; !std::isnan(number(to)))
        return to;
    return nullptr;
  }

  value speed(const word* before, const word* now) const {
    if (before == nullptr || std::isnan(number(now)))
      return value::null();
    const auto hours = static_cast<double>(std::max(time_of(now) - time_of(before), least_journey_ms)) / 3'600'000;
    return value::of(distance_km(number(before), number(now)) / hours);
  }

  value habit(const current& at) const;

  const look_back_plan::feature& wanted_;
  const word* from_;
  const word* to_;
  std::size_t width_;
  const totals* kept_;
};

value look_back_history::span::of(const current& at) const {
  const auto* before = to_ - (at.counts ? width_ : 0); // the event itself is the last, if it counts
  switch (wanted_.kind) {
  case config::feature_kind::count:
    return value::of(static_cast<std::int64_t>(static_cast<std::size_t>(to_ - from_) / width_));
  case config::feature_kind::sum:
  case config::feature_kind::mean: {
    sums anew;
    const auto& all = numbers(anew);
    auto sum = all.huge > 0 ? plain_sum(to_) : all.sum.value();
    if (wanted_.kind == config::feature_kind::sum)
      return real_or_null(sum);
    return all.numbers == 0 ? value::null() : real_or_null(sum / static_cast<double>(all.numbers));
  }
  case config::feature_kind::min:
    return least_or_greatest(true);
  case config::feature_kind::max:
    return least_or_greatest(false);
  case config::feature_kind::distinct:
    return value::of(static_cast<std::int64_t>(distinct()));
  case config::feature_kind::last:
    if (const auto* last = last_number(before))
      return value::of(number(last));
    return value::null();
  case config::feature_kind::since:
    if (from_ != before)
      return value::of(static_cast<double>(time_of(at.row) - time_of(before - width_)) / 1'000);
    return value::null();
  case config::feature_kind::seen:
    if (text(at.row) == 0)
      return value::null();
    return value::of(times(text(at.row)) - (at.counts ? 1 : 0));
  case config::feature_kind::speed:
    return speed(last_number(before), at.row);
  case config::feature_kind::habit:
    return habit(at);
  default: // of a graph
    break;
  }
  return value::null();
}

value look_back_history::span::habit(const current& at) const {
  const auto now = number(at.row);
  if (std::isnan(now))
    return value::null();
  sums anew;
  const auto* all = wanted_.by_group ? numbers_of(text(at.row), anew) : &numbers(anew);
  if (all == nullptr)
    return value::null();
  // The event itself counts among them if it counts at all, and is no habit.
  const auto numbers = all->numbers - (at.counts ? 1U : 0U);
  if (numbers == 0)
    return value::null();
  double sum = 0;
  if (all->huge > 0) {
    sum = plain_sum(to_ - (at.counts ? width_ : 0), wanted_.by_group ? std::optional{text(at.row)} : std::nullopt);
  } else {
    auto before = all->sum;
    if (at.counts)
      before.remove(now);
    sum = before.value();
  }
  return sum == 0 ? value::null() : real_or_null(now / (sum / numbers));
}

void look_back_history::count_in(const look_back_plan::feature& feature, totals& in, const word* row, bool added) {
  switch (feature.kind) {
  case config::feature_kind::sum:
  case config::feature_kind::mean:
  case config::feature_kind::habit: {
    const auto number = number_of(row, feature.numbers);
    if (std::isnan(number))
      return;
    if (!feature.by_group) {
      in.all.count(number, added);
      return;
    }
    if (!in.groups)
      in.groups = std::make_unique<boost::unordered_flat_map<std::uint32_t, sums>>();
    const auto group = value_of(row, feature.values);
    if (auto& of_group = (*in.groups)[group]; of_group.count(number, added), of_group.numbers == 0)
      in.groups->erase(group);
    return;
  }
  case config::feature_kind::distinct:
  case config::feature_kind::seen: {
    const auto what = value_of(row, feature.values);
    if (what == 0)
      return;
    if (added && !in.distinct)
      in.distinct = std::make_unique<boost::unordered_flat_map<std::uint32_t, std::uint32_t>>();
    if (added)
      ++(*in.distinct)[what];
    else if (auto found = in.distinct->find(what); --found->second == 0)
      in.distinct->erase(found);
    return;
  }
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
    const auto bound = moment_ - plan.features[i].over.count();
    for (; in.first < rows_.size() && time_of(&rows_[in.first]) <= bound;
         in.first += static_cast<std::uint32_t>(plan.width()))
      count_in(plan.features[i], in, &rows_[in.first], false);
  }
}

void look_back_history::add(const look_back_plan& plan, const word* row) {
  const auto width = plan.width();
  const auto time = time_of(row);
  slide(plan, {time});
  // In order, as nearly always, this is the end.
  const auto* at =
      begin() == end() || time_of(end() - width) <= time ? end() : first_after(begin(), end(), width, time);
  rows_.insert(rows_.begin() + (at - rows_.data()), row, row + width);
  if (running_.empty()) {
    if (rows_.size() - head_ > short_history * width)
      keep_totals(plan);
    return;
  }
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (time > moment_ - plan.features[i].over.count())
      count_in(plan.features[i], running_[i], row, true);
    else
      running_[i].first += static_cast<std::uint32_t>(width); // it stands before the span
  }
}

/// From now on, of what is there.
void look_back_history::keep_totals(const look_back_plan& plan) {
  running_.resize(plan.features.size());
  for (std::size_t i = 0; i < running_.size(); ++i) {
    auto& in = running_[i];
    const auto* from = first_after(begin(), end(), plan.width(), moment_ - plan.features[i].over.count());
    in.first = static_cast<std::uint32_t>(from - rows_.data());
    for (; from != end(); from += plan.width())
      count_in(plan.features[i], in, from, true);
  }
}

value look_back_history::value_at(const look_back_plan& plan, std::size_t feature, const current& at) {
  const auto time = time_of(at.row);
  slide(plan, {time});
  const auto& wanted = plan.features[feature];
  // Where an event is older than one before it, its span is not the running one.
  const auto late = time < moment_;
  if (!late && !running_.empty())
    return span{plan, wanted, rows_.data() + running_[feature].first, end(), &running_[feature]}.of(at);
  const auto* to = late ? first_after(begin(), end(), plan.width(), time) : end();
  const auto* from = first_after(begin(), to, plan.width(), time - wanted.over.count());
  return span{plan, wanted, from, to, nullptr}.of(at);
}

void look_back_history::join(const look_back_plan& plan, const std::vector<word>& rows,
                             const look_back_plan::former& of) {
  const auto width = plan.width();
  // All of them end with the entity's last event.
  if (rows.size() > rows_.size()) {
    const auto more = rows.size() - rows_.size();
    rows_.insert(rows_.begin(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(more));
    moment_ = std::max(moment_, time_of(end() - width));
    for (auto* row = rows_.data(); row != rows_.data() + more; row += width)
      for (std::size_t i = 0; i < plan.columns.size(); ++i)
        row[1 + i] = plan.columns[i].is_text() ? 0 : std::bit_cast<word>(std::numeric_limits<double>::quiet_NaN());
  }
  auto* row = rows_.data() + (rows_.size() - rows.size());
  for (const auto* from = rows.data(); from != rows.data() + rows.size(); from += width, row += width) {
    if (time_of(from) != time_of(row))
      throw corrupt_state{"look-backs over the same events that do not have the same times"};
    for (auto column : {of.numbers, of.values})
      if (column)
        row[1 + *column] = from[1 + *column];
  }
}

void look_back_history::compact(const look_back_plan& plan) {
  if (head_ < 16 * plan.width() || head_ < rows_.size() / 2)
    return;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(head_));
  for (auto& in : running_)
    in.first -= static_cast<std::uint32_t>(head_);
  head_ = 0;
  if (rows_.size() <= short_history / 2 * plan.width())
    running_.clear();
}

} // namespace throng::analytics
