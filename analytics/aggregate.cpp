#include "analytics/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <boost/json/array.hpp>

#include "analytics/json_scanner.hpp"
#include "analytics/sketch/ddsketch.hpp"
#include "analytics/sketch/hyperloglog.hpp"
#include "analytics/sketch/space_saving.hpp"

namespace throng::analytics {

namespace {

using config::aggregate_kind;

/// Counts come back as signed 64 bits in documents.
constexpr std::uint64_t greatest_count = UINT64_MAX / 4;

/// Neumaier's step: what rounding takes from the sum goes to `lost`.
void add_compensated(double& sum, double& lost, double x) {
  double total = sum + x;
  if (std::abs(sum) >= std::abs(x))
    lost += (sum - total) + x;
  else
    lost += (x - total) + sum;
  sum = total;
}

/// The first or last value, and where it stood.
struct end_value {
  event_position at;
  owned_value x;
  bool set = false;

  void offer(const value& candidate, const event_position& position, bool least) {
    if (set && !(least ? position < at : at < position))
      return;
    at = position;
    x.assign(candidate);
    set = true;
  }
  void save(byte_writer& out) const {
    out.u8(set ? 1 : 0);
    if (!set)
      return;
    save_position(out, at);
    save_value(out, x.view());
  }
  void load(byte_reader& in) {
    auto flag = in.u8();
    if (flag > 1)
      throw corrupt_state{"an impossible flag"};
    if (flag == 0)
      return;
    at = load_position(in);
    x = load_value(in);
    set = true;
  }
};

std::uint64_t load_count(byte_reader& in) {
  auto n = in.varint();
  if (n > greatest_count)
    throw corrupt_state{"an impossible count"};
  return n;
}

} // namespace

struct aggregate_cell::texts {
  end_value first;
  end_value last;
  space_saving top;
};

struct aggregate_cell::shape {
  std::vector<std::vector<std::uint64_t>>
      counts; ///< of each histogram: below its first bound, between bounds, from the last on
  trend moves;

  explicit shape(const aggregate_plan& plan) {
    for (const auto& bounds : plan.bounds)
      counts.emplace_back(bounds.size() + 1);
  }
};

aggregate_plan aggregate_plan::of(const std::vector<config::aggregate>& wanted) {
  aggregate_plan plan;
  plan.wanted = wanted;
  for (const auto& x : wanted) {
    switch (x.kind) {
    case aggregate_kind::count:
      plan.numeric = true;
      break;
    case aggregate_kind::sum:
    case aggregate_kind::mean:
      plan.numeric = plan.sums = true;
      break;
    case aggregate_kind::min:
    case aggregate_kind::max:
      plan.numeric = plan.extremes = true;
      break;
    case aggregate_kind::stddev:
    case aggregate_kind::variance:
      plan.numeric = plan.spread = true;
      break;
    case aggregate_kind::percentile:
      plan.numeric = plan.sketch = true;
      break;
    case aggregate_kind::first:
    case aggregate_kind::last:
      plan.ends = true;
      break;
    case aggregate_kind::distinct:
      plan.distinct = true;
      break;
    case aggregate_kind::top_10:
      plan.top = true;
      break;
    case aggregate_kind::histogram:
      plan.numeric = true;
      plan.bounds.push_back(x.bounds);
      break;
    case aggregate_kind::ewma:
      plan.numeric = plan.moves = true;
      plan.half_lives.push_back(x.half_life);
      break;
    case aggregate_kind::rate:
    case aggregate_kind::delta:
      plan.numeric = plan.moves = true;
      break;
    }
  }
  return plan;
}

aggregate_cell::aggregate_cell() = default;
aggregate_cell::~aggregate_cell() = default;
aggregate_cell::aggregate_cell(aggregate_cell&&) noexcept = default;
aggregate_cell& aggregate_cell::operator=(aggregate_cell&&) noexcept = default;

void aggregate_cell::add_number(const aggregate_plan& plan, double x, const event_position& at) {
  if (plan.moves || !plan.bounds.empty()) {
    if (!shape_)
      shape_ = std::make_unique<shape>(plan);
    for (std::size_t i = 0; i < plan.bounds.size(); ++i) {
      const auto& bounds = plan.bounds[i];
      ++shape_->counts[i][static_cast<std::size_t>(std::upper_bound(bounds.begin(), bounds.end(), x) - bounds.begin())];
    }
    if (plan.moves)
      shape_->moves.add(plan.half_lives, x, at);
  }
  if (plan.sums)
    add_compensated(sum_, lost_, x);
  if (plan.spread) {
    auto delta = x - mean_;
    mean_ += delta / static_cast<double>(present_);
    squares_ += delta * (x - mean_);
  }
  if (plan.extremes) {
    min_ = present_ == 1 ? x : std::min(min_, x);
    max_ = present_ == 1 ? x : std::max(max_, x);
  }
  if (plan.sketch) {
    if (!sketch_)
      sketch_ = std::make_unique<ddsketch>();
    sketch_->add(x);
  }
}

void aggregate_cell::add_any(const aggregate_plan& plan, const value& x, const event_position& at, std::uint64_t hash) {
  if (plan.ends || plan.top) {
    if (!texts_)
      texts_ = std::make_unique<texts>();
  }
  if (plan.ends) {
    texts_->first.offer(x, at, true);
    texts_->last.offer(x, at, false);
  }
  if (plan.distinct) {
    if (!distinct_)
      distinct_ = std::make_unique<hyperloglog>();
    distinct_->add(hash);
  }
  if (plan.top)
    texts_->top.add(canonical_text{x}.view(), hash);
}

void aggregate_cell::add(const aggregate_plan& plan, const value& x, const event_position& at) {
  add(plan, x, at, plan.hashes() ? canonical_hash(x) : 0);
}

void aggregate_cell::add(const aggregate_plan& plan, const value& x, const event_position& at, std::uint64_t hash) {
  bool usable = !x.is_nothing() && (!x.is_number() || x.is_finite());
  if (!usable || (plan.numeric && !x.is_number())) {
    ++missing_;
  } else {
    ++present_;
    if (plan.numeric)
      add_number(plan, x.number(), at);
  }
  if (usable && (plan.distinct || plan.top || plan.ends))
    add_any(plan, x, at, hash);
}

void aggregate_cell::merge(const aggregate_plan& plan, const aggregate_cell& other) {
  if (other.present_ > 0) {
    if (present_ == 0) {
      min_ = other.min_;
      max_ = other.max_;
      mean_ = other.mean_;
      squares_ = other.squares_;
    } else {
      min_ = std::min(min_, other.min_);
      max_ = std::max(max_, other.max_);
      auto ours = static_cast<double>(present_);
      auto theirs = static_cast<double>(other.present_);
      auto delta = other.mean_ - mean_;
      squares_ += other.squares_ + delta * delta * (ours * theirs / (ours + theirs));
      mean_ += delta * (theirs / (ours + theirs));
    }
    add_compensated(sum_, lost_, other.sum_);
    lost_ += other.lost_;
  }
  present_ += other.present_;
  missing_ += other.missing_;
  if (other.sketch_) {
    if (!sketch_)
      sketch_ = std::make_unique<ddsketch>();
    sketch_->merge(*other.sketch_);
  }
  if (other.distinct_) {
    if (!distinct_)
      distinct_ = std::make_unique<hyperloglog>();
    distinct_->merge(*other.distinct_);
  }
  if (other.shape_) {
    if (!shape_)
      shape_ = std::make_unique<shape>(plan);
    for (std::size_t i = 0; i < plan.bounds.size(); ++i)
      for (std::size_t j = 0; j < shape_->counts[i].size(); ++j)
        shape_->counts[i][j] += other.shape_->counts[i][j];
    shape_->moves.merge(plan.half_lives, other.shape_->moves);
  }
  if (other.texts_) {
    if (!texts_)
      texts_ = std::make_unique<texts>();
    const auto& theirs = *other.texts_;
    if (theirs.first.set)
      texts_->first.offer(theirs.first.x.view(), theirs.first.at, true);
    if (theirs.last.set)
      texts_->last.offer(theirs.last.x.view(), theirs.last.at, false);
    if (plan.top)
      texts_->top.merge(theirs.top);
  }
}

boost::json::value aggregate_cell::result(const aggregate_plan& plan, const config::aggregate& what) const {
  auto number = [](const std::optional<double>& x) { return x ? number_json(*x) : boost::json::value(nullptr); };
  auto n = static_cast<double>(present_);
  switch (what.kind) {
  case aggregate_kind::count:
    return static_cast<std::int64_t>(present_);
  case aggregate_kind::sum:
    return number_json(sum_ + lost_);
  case aggregate_kind::mean:
    return present_ == 0 ? nullptr : number_json((sum_ + lost_) / n);
  case aggregate_kind::min:
    return present_ == 0 ? nullptr : number_json(min_);
  case aggregate_kind::max:
    return present_ == 0 ? nullptr : number_json(max_);
  case aggregate_kind::variance:
    return present_ < 2 ? nullptr : number_json(squares_ / (n - 1));
  case aggregate_kind::stddev:
    return present_ < 2 ? nullptr : number_json(std::sqrt(squares_ / (n - 1)));
  case aggregate_kind::percentile:
    return !sketch_ || sketch_->count() == 0 ? nullptr : number_json(sketch_->quantile(what.percentile));
  case aggregate_kind::distinct:
    return distinct_ ? static_cast<std::int64_t>(distinct_->estimate()) : std::int64_t{0};
  case aggregate_kind::first:
    return texts_ && texts_->first.set ? to_json(texts_->first.x.view()) : nullptr;
  case aggregate_kind::last:
    return texts_ && texts_->last.set ? to_json(texts_->last.x.view()) : nullptr;
  case aggregate_kind::top_10: {
    boost::json::array list;
    if (texts_) {
      for (const auto& x : texts_->top.top(10)) {
        boost::json::object item;
        item.emplace("value", parse_json(x.text));
        item.emplace("count", static_cast<std::int64_t>(x.count));
        item.emplace("error", static_cast<std::int64_t>(x.error));
        list.push_back(std::move(item));
      }
    }
    return list;
  }
  case aggregate_kind::histogram: {
    auto which =
        static_cast<std::size_t>(std::find(plan.bounds.begin(), plan.bounds.end(), what.bounds) - plan.bounds.begin());
    boost::json::array counts;
    for (std::size_t i = 0; i <= what.bounds.size(); ++i)
      counts.emplace_back(shape_ ? static_cast<std::int64_t>(shape_->counts[which][i]) : std::int64_t{0});
    boost::json::array bounds;
    for (auto bound : what.bounds)
      bounds.push_back(number_json(bound));
    return boost::json::object{{"bounds", std::move(bounds)}, {"counts", std::move(counts)}};
  }
  case aggregate_kind::ewma: {
    auto which = std::find(plan.half_lives.begin(), plan.half_lives.end(), what.half_life) - plan.half_lives.begin();
    return shape_ ? number(shape_->moves.mean(static_cast<std::size_t>(which))) : nullptr;
  }
  case aggregate_kind::rate:
    return shape_ ? number(shape_->moves.rate()) : nullptr;
  case aggregate_kind::delta:
    return shape_ ? number(shape_->moves.delta()) : nullptr;
  }
  return nullptr;
}

boost::json::object aggregate_cell::render(const aggregate_plan& plan) const {
  boost::json::object out;
  out.reserve(plan.wanted.size() + 1);
  for (const auto& what : plan.wanted)
    out.insert_or_assign(what.name, result(plan, what));
  out.insert_or_assign("missing", static_cast<std::int64_t>(missing_));
  return out;
}

void aggregate_cell::save(const aggregate_plan& plan, byte_writer& out) const {
  out.varint(present_);
  out.varint(missing_);
  if (plan.sums) {
    out.real(sum_);
    out.real(lost_);
  }
  if (plan.spread) {
    out.real(mean_);
    out.real(squares_);
  }
  if (plan.extremes) {
    out.real(min_);
    out.real(max_);
  }
  if (plan.sketch)
    (sketch_ ? *sketch_ : ddsketch{}).save(out);
  if (plan.distinct)
    (distinct_ ? *distinct_ : hyperloglog{}).save(out);
  if (plan.ends) {
    (texts_ ? texts_->first : end_value{}).save(out);
    (texts_ ? texts_->last : end_value{}).save(out);
  }
  if (plan.top)
    (texts_ ? texts_->top : space_saving{}).save(out);
  if (plan.moves || !plan.bounds.empty()) {
    const auto& what = shape_ ? *shape_ : shape{plan};
    for (const auto& counts : what.counts)
      for (auto n : counts)
        out.varint(n);
    if (plan.moves)
      what.moves.save(out);
  }
}

aggregate_cell aggregate_cell::load(const aggregate_plan& plan, byte_reader& in) {
  aggregate_cell cell;
  cell.present_ = load_count(in);
  cell.missing_ = load_count(in);
  if (plan.sums) {
    cell.sum_ = in.real();
    cell.lost_ = in.real();
  }
  if (plan.spread) {
    cell.mean_ = in.real();
    cell.squares_ = in.real();
  }
  if (plan.extremes) {
    cell.min_ = in.real();
    cell.max_ = in.real();
  }
  if (plan.sketch) {
    auto sketch = ddsketch::load(in);
    if (sketch.count() > 0)
      cell.sketch_ = std::make_unique<ddsketch>(std::move(sketch));
  }
  if (plan.distinct) {
    auto distinct = hyperloglog::load(in);
    if (distinct != hyperloglog{})
      cell.distinct_ = std::make_unique<hyperloglog>(std::move(distinct));
  }
  if (plan.ends || plan.top) {
    auto loaded = std::make_unique<texts>();
    if (plan.ends) {
      loaded->first.load(in);
      loaded->last.load(in);
    }
    if (plan.top) {
      loaded->top = space_saving::load(in);
      for (const auto& x : loaded->top.top(space_saving::capacity)) {
        if (!valid_json(x.text))
          throw corrupt_state{"a frequent value that is not JSON"};
      }
    }
    cell.texts_ = std::move(loaded);
  }
  if (plan.moves || !plan.bounds.empty()) {
    cell.shape_ = std::make_unique<shape>(plan);
    for (auto& counts : cell.shape_->counts)
      for (auto& n : counts)
        n = load_count(in);
    if (plan.moves)
      cell.shape_->moves = trend::load(plan.half_lives, in);
  }
  return cell;
}

} // namespace throng::analytics
