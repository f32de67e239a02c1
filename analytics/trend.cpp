#include "analytics/trend.hpp"

#include <algorithm>
#include <cmath>

namespace throng::analytics {

namespace {

double weight_of(milliseconds age, milliseconds half_life) {
  return std::exp2(-static_cast<double>(age.count()) / static_cast<double>(half_life.count()));
}

} // namespace

void save_position(byte_writer& out, const event_position& at) {
  out.i64(at.time.ms);
  out.i64(at.partition);
  out.i64(at.offset);
}

event_position load_position(byte_reader& in) {
  event_position at;
  at.time.ms = in.i64();
  auto partition = in.i64();
  if (partition < INT32_MIN || partition > INT32_MAX)
    throw corrupt_state{"an impossible partition"};
  at.partition = static_cast<std::int32_t>(partition);
  at.offset = in.i64();
  return at;
}

/// Brings the means to a later time.
void trend::age(const std::vector<milliseconds>& half_lives, timestamp to) {
  if (to <= last_.at.time)
    return;
  for (std::size_t i = 0; i < means_.size(); ++i) {
    auto left = weight_of(to - last_.at.time, half_lives[i]);
    means_[i].sum *= left;
    means_[i].weight *= left;
  }
}

void trend::add(const std::vector<milliseconds>& half_lives, double x, const event_position& at) {
  if (++numbers_ == 1) {
    first_ = last_ = {at, x};
    means_.assign(half_lives.size(), {x, 1});
    return;
  }
  age(half_lives, at.time);
  auto behind = at.time < last_.at.time ? last_.at.time - at.time : milliseconds{0};
  for (std::size_t i = 0; i < means_.size(); ++i) {
    auto weight = weight_of(behind, half_lives[i]);
    means_[i].sum += weight * x;
    means_[i].weight += weight;
  }
  if (at < first_.at)
    first_ = {at, x};
  if (last_.at < at)
    last_ = {at, x};
}

void trend::merge(const std::vector<milliseconds>& half_lives, const trend& other) {
  if (other.numbers_ == 0)
    return;
  if (numbers_ == 0) {
    *this = other;
    return;
  }
  auto theirs = other;
  auto latest = std::max(last_.at.time, theirs.last_.at.time);
  age(half_lives, latest);
  theirs.age(half_lives, latest);
  for (std::size_t i = 0; i < means_.size(); ++i) {
    means_[i].sum += theirs.means_[i].sum;
    means_[i].weight += theirs.means_[i].weight;
  }
  numbers_ += theirs.numbers_;
  if (theirs.first_.at < first_.at)
    first_ = theirs.first_;
  if (last_.at < theirs.last_.at)
    last_ = theirs.last_;
}

std::optional<double> trend::delta() const {
  return numbers_ < 2 ? std::nullopt : std::optional{last_.x - first_.x};
}

std::optional<double> trend::rate() const {
  auto span = last_.at.time.ms - first_.at.time.ms;
  if (numbers_ < 2 || span == 0)
    return std::nullopt;
  return (last_.x - first_.x) / (static_cast<double>(span) / 1'000);
}

std::optional<double> trend::mean(std::size_t which) const {
  return numbers_ == 0 ? std::nullopt : std::optional{means_[which].sum / means_[which].weight};
}

void trend::save(byte_writer& out) const {
  out.varint(numbers_);
  if (numbers_ == 0)
    return;
  for (const auto* each : {&first_, &last_}) {
    save_position(out, each->at);
    out.real(each->x);
  }
  for (const auto& each : means_) {
    out.real(each.sum);
    out.real(each.weight);
  }
}

trend trend::load(const std::vector<milliseconds>& half_lives, byte_reader& in) {
  trend made;
  made.numbers_ = in.varint();
  if (made.numbers_ == 0)
    return made;
  for (auto* each : {&made.first_, &made.last_}) {
    each->at = load_position(in);
    each->x = in.real();
  }
  made.means_.resize(half_lives.size());
  for (auto& each : made.means_) {
    each.sum = in.real();
    each.weight = in.real();
  }
  if (made.last_.at < made.first_.at)
    throw corrupt_state{"a last number before the first"};
  return made;
}

} // namespace throng::analytics
