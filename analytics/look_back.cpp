#include "analytics/look_back.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "analytics/codec.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

using word = look_back_history::word;

/// A feature's value where no event counts (semantics.md 4).
value of_nothing(const look_back_plan::feature& feature, const word* now) {
  switch (feature.kind) {
  case config::feature_kind::count:
  case config::feature_kind::distinct:
    return value::of(std::int64_t{0});
  case config::feature_kind::sum:
    return value::of(0.0);
  case config::feature_kind::seen:
    return look_back_history::value_of(now, feature.values) == 0 ? value::null() : value::of(std::int64_t{0});
  default:
    return value::null();
  }
}

} // namespace

look_back::look_back(const look_back_plan& plan, std::string state_prefix, text_ids& entities)
    : plan_(&plan)
    , now_(plan.width())
    , states_(std::move(state_prefix), entities) {}

std::uint32_t look_back::number_of(const value& x, bool counts) {
  scratch_.clear();
  append_canonical(scratch_, x);
  if (!counts) {
    auto known = texts_.find(scratch_);
    return known ? *known + 1 : look_back_history::unknown;
  }
  auto which = texts_.intern(scratch_);
  texts_.hold(which);
  return which + 1;
}

void look_back::read(const event& e, bool counts) {
  now_[0] = static_cast<word>(e.time.ms);
  for (std::size_t i = 0; i < plan_->columns.size(); ++i) {
    using kind = look_back_plan::column::kind;
    const auto& column = plan_->columns[i];
    const auto& x = e.slots[column.field];
    double number = std::numeric_limits<double>::quiet_NaN();
    std::uint32_t text = 0;
    switch (column.what) {
    case kind::number:
      if (x.is_number() && std::isfinite(x.number()))
        number = x.number();
      break;
    case kind::place:
      if (const auto& lon = e.slots[column.lon]; x.is_number() && lon.is_number())
        number = place_number(x.number(), lon.number());
      break;
    case kind::value:
      if (!x.is_nothing() && (counts || column.seen))
        text = number_of(x, counts);
      break;
    case kind::group:
      text = number_of(x, counts);
      break;
    }
    now_[1 + i] = column.is_text() ? text : std::bit_cast<word>(number);
  }
}

void look_back::gone(const word* row) {
  --events_;
  for (std::size_t i = 0; i < plan_->columns.size(); ++i)
    if (const auto text = look_back_history::value_of(row, i); plan_->columns[i].is_text() && text != 0)
      texts_.release(text - 1);
}

void look_back::near(text_ids::id entity, int step) const {
  if (step == 0) {
    states_.near_place(entity);
    states_.near_next_to_expire();
    return;
  }
  if (step == 3)
    if (const auto* next = states_.near_next_to_expire())
      next->history.near_oldest();
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
  const auto counts = !plan_->where || plan_->where->matches(e);
  read(e, counts);
  if (counts) {
    if (known == nullptr)
      known = &states_.make(entity, state{{}, this}, e.time + plan_->longest);
    else if (watermark != watermark::none)
      known->history.forget(*plan_, watermark, [this](const word* row) { gone(row); });
    known->history.add(*plan_, now_.data());
    ++events_;
    states_.changed(entity, known->history.newest(*plan_) + plan_->longest);
  }
  for (std::size_t i = 0; i < plan_->features.size(); ++i) {
    const auto& feature = plan_->features[i];
    e.slots[feature.into] =
        known == nullptr ? of_nothing(feature, now_.data()) : known->history.value_at(*plan_, i, {now_.data(), counts});
  }
}

void look_back::expire(timestamp watermark) {
  states_.expire(watermark, [this](text_ids::id, const state& what) {
    for (const auto* row = what.history.begin(); row != what.history.end(); row += plan_->width())
      gone(row);
  });
}

void look_back::state::save(byte_writer& out) const {
  const auto& plan = *owner->plan_;
  out.varint(static_cast<std::size_t>(history.end() - history.begin()) / plan.width());
  for (const auto* row = history.begin(); row != history.end(); row += plan.width()) {
    out.i64(look_back_history::time_of(row));
    for (std::size_t i = 0; i < plan.columns.size(); ++i)
      if (!plan.columns[i].is_text())
        out.real(look_back_history::number_of(row, i));
      else if (const auto text = look_back_history::value_of(row, i); text != 0)
        out.text(owner->texts_.text(text - 1));
      else
        out.text({});
  }
}

namespace {

word restored_number(byte_reader& in) {
  const auto number = in.real();
  if (std::isinf(number))
    throw corrupt_state{"an infinite number in a look-back"};
  return std::bit_cast<word>(number);
}

std::size_t restored_count(byte_reader& in) {
  const auto rows = in.count();
  if (rows == 0)
    throw corrupt_state{"a look-back without an event"};
  return rows;
}

} // namespace

std::uint32_t look_back::restored_value(byte_reader& in) {
  const auto text = in.text();
  if (text.empty())
    return 0;
  const auto which = texts_.intern(text);
  texts_.hold(which);
  return which + 1;
}

void look_back::restore(std::string_view entity, std::string_view bytes) {
  states_.restore(entity, bytes, [this](byte_reader& in) {
    state made{{}, this};
    for (auto rows = restored_count(in); rows > 0; --rows) {
      now_[0] = static_cast<word>(in.i64());
      for (std::size_t i = 0; i < plan_->columns.size(); ++i)
        now_[1 + i] = plan_->columns[i].is_text() ? restored_value(in) : restored_number(in);
      made.history.add(*plan_, now_.data());
      ++events_;
    }
    return made;
  });
}

void look_back::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  if (only_changes)
    for (auto& key : former_keys_)
      put({std::move(key), std::nullopt});
  former_keys_.clear();
  states_.save(only_changes, put);
}

void look_back::restore_former(const look_back_plan::former& of, std::string_view key, std::string_view entity,
                               std::string_view bytes) {
  former_keys_.emplace_back(key);
  states_.carry_over(entity, bytes, state{{}, this}, [&](byte_reader& in, state& into) {
    std::vector<word> rows;
    const auto before = into.history.end() - into.history.begin();
    for (auto left = restored_count(in); left > 0; --left) {
      now_[0] = static_cast<word>(in.i64());
      if (of.numbers)
        now_[1 + *of.numbers] = restored_number(in);
      if (of.values)
        now_[1 + *of.values] = restored_value(in);
      rows.insert(rows.end(), now_.begin(), now_.end());
    }
    into.history.join(*plan_, rows, of);
    events_ += static_cast<std::size_t>(into.history.end() - into.history.begin() - before) / plan_->width();
  });
}

} // namespace throng::analytics
