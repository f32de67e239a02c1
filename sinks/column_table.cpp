#include "sinks/column_table.hpp"

#include <algorithm>
#include <optional>

#include "analytics/json_scanner.hpp"
#include "analytics/value.hpp"
#include "config/time.hpp"
#include "sinks/column_learner.hpp"
#include "sinks/row_fields.hpp"
#include "sinks/row_text.hpp"

namespace throng::sinks {

namespace {

using analytics::sink_row;

/// @pre the options name the columns
class table_builder {
public:
  /// @param strict a column for what does not fit those that were given
  table_builder(const analytics::sink_rows& rows, const table_options& options, bool strict)
      : rows_(rows)
      , places_(options.places)
      , strict_(strict)
      , names_(options.places) {
    for (const auto& [name, kind] : options.columns) {
      names_.add(name);
      auto& made = fields_.emplace_back();
      made.name = name;
      made.kind = kind;
      reserve(made);
    }
  }

  column_table make() {
    if (places_)
      add_places();
    fill();
    return std::move(table_);
  }
  /// None: some row has what `learnt`, which the columns are of, would have other columns for.
  std::optional<column_table> make_if_as(const column_learner& learnt) {
    learnt_ = &learnt;
    auto made = make();
    return surprised_ ? std::nullopt : std::optional{std::move(made)};
  }

private:
  struct latest {
    std::size_t row = SIZE_MAX;
    cell value;
  };

  void reserve(column& of) const {
    const auto n = rows_.size();
    of.valid.assign((n + 7) / 8, 0);
    switch (of.kind) {
    case column_kind::boolean:
      of.bits.assign((n + 7) / 8, 0);
      break;
    case column_kind::number:
      of.doubles.reserve(n);
      break;
    case column_kind::text:
      of.ends.reserve(n + 1);
      break;
    case column_kind::integer:
    case column_kind::time:
      of.numbers.reserve(n);
    }
  }

  void add_places() {
    for (auto [name, kind] : {std::pair{"_partition", column_kind::integer},
                              {"_offset", column_kind::integer},
                              {"_time", column_kind::time},
                              {"_key", column_kind::text}}) {
      auto& made = table_.columns.emplace_back();
      made.name = name;
      made.kind = kind;
      reserve(made);
    }
  }

  static void set(std::vector<std::uint8_t>& bits, std::size_t row) {
    bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | 1U << (row % 8));
  }

  void fill() {
    column raw;
    raw.name = "_raw";
    reserve(raw);
    values_.assign(fields_.size(), {});
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto row = rows_[i];
      if (places_)
        fill_place(row, i);
      // Of repeated names the last counts, so a row is known only at its end.
      const auto object =
          row.value && names_.walk(*row.value, learnt_ != nullptr, [&](std::size_t field, const cell& value) {
            if (field >= values_.size()) {
              surprised_ = true; // a name that the learnt rows do not have
              return;
            }
            // Of a repeated name the learner looks at each value.
            surprised_ |= learnt_ != nullptr && values_[field].row == i;
            values_[field] = {i, value};
          });
      auto fits = object || !row.value;
      for (std::size_t field = 0; field < fields_.size(); ++field)
        fits &= put(fields_[field], field, i, object);
      if (surprised_)
        return;
      put_text(raw, i, fits ? std::nullopt : std::optional{printable(*row.value)});
    }
    table_.rows = rows_.size();
    for (auto& field : fields_)
      table_.columns.push_back(std::move(field));
    if (raw.nulls < static_cast<std::int64_t>(rows_.size()) || (strict_ && places_))
      table_.columns.push_back(std::move(raw));
  }

  void fill_place(const sink_row& row, std::size_t i) {
    table_.columns[0].numbers.push_back(rows_.partition);
    table_.columns[1].numbers.push_back(row.offset);
    set(table_.columns[0].valid, i);
    set(table_.columns[1].valid, i);
    auto& time = table_.columns[2];
    time.numbers.push_back(row.timestamp_ms);
    if (row.timestamp_ms >= 0)
      set(time.valid, i);
    else
      ++time.nulls;
    put_text(table_.columns[3], i, row.key ? std::optional{printable(*row.key)} : std::nullopt);
  }

  static void put_text(column& to, std::size_t row, const std::optional<std::string>& text) {
    if (text) {
      to.text += *text;
      set(to.valid, row);
    } else {
      ++to.nulls;
    }
    to.ends.push_back(static_cast<std::int32_t>(to.text.size()));
  }

  /// False: the value does not fit the column, which has null there.
  bool put(column& to, std::size_t field, std::size_t row, bool object) {
    const auto& held = values_[field];
    const auto absent = !object || held.row != row || held.value.is == cell::what::null;
    const auto there = !absent && put_value(to, held.value);
    if (learnt_ != nullptr && !absent)
      surprised_ |= !there || !learnt_->has_seen(field) || widens(to, held.value);
    if (there)
      set(to.valid, row);
    else
      put_null(to);
    if (to.kind == column_kind::text)
      to.ends.push_back(static_cast<std::int32_t>(to.text.size()));
    if (there && to.kind == column_kind::boolean && held.value.raw.front() == 't')
      set(to.bits, row);
    return there || absent;
  }

  /// Whether a number that is there makes its column another one: an integer that a double does not hold. Text holds all, and others only what they have.
  static bool widens(const column& to, const cell& value) {
    if (to.kind != column_kind::number || !value.integral)
      return false;
    const auto whole = integer_of(value);
    return !whole || !exact_in_double(*whole);
  }

  static void put_null(column& to) {
    ++to.nulls;
    if (to.kind == column_kind::number)
      to.doubles.push_back(0);
    else if (to.kind == column_kind::integer || to.kind == column_kind::time)
      to.numbers.push_back(0);
  }

  bool put_value(column& to, const cell& value) {
    switch (to.kind) {
    case column_kind::boolean:
      return value.is == cell::what::flag;
    case column_kind::integer:
      if (value.is != cell::what::number || !value.integral)
        return false;
      if (auto whole = integer_of(value)) {
        to.numbers.push_back(*whole);
        return true;
      }
      return false;
    case column_kind::number: {
      if (value.is != cell::what::number)
        return false;
      const auto made = analytics::number_value({value.raw, value.integral});
      if (!made.is_number())
        return false;
      to.doubles.push_back(made.number());
      return true;
    }
    case column_kind::time:
      if (value.is != cell::what::text)
        return false;
      if (auto time = time_of(value, times_)) {
        to.numbers.push_back(time->ms);
        return true;
      }
      return false;
    case column_kind::text:
      if (value.escaped)
        analytics::append_unescaped(to.text, {value.raw, true});
      else
        to.text += value.raw;
      return true;
    }
    return false;
  }

  const analytics::sink_rows& rows_;
  bool places_;
  bool strict_;
  row_fields names_;
  column_table table_;
  std::vector<column> fields_;
  std::vector<latest> values_;
  const column_learner* learnt_ = nullptr; ///< what the columns were inferred from, where other rows may have others
  bool surprised_ = false;                 ///< and some has
  iso8601_reader times_;
};

} // namespace

column_table make_table(const analytics::sink_rows& rows, const table_options& options) {
  if (!options.columns.empty())
    return table_builder{rows, options, true}.make();
  column_learner learner{options.time_fields, options.places};
  const auto first = std::min(options.first, rows.size());
  learner.learn(rows, 0, first);
  if (first < rows.size()) {
    if (auto made = table_builder{rows, {{}, learner.columns(), options.places}, false}.make_if_as(learner))
      return std::move(*made);
    learner.learn(rows, first, rows.size());
  }
  return table_builder{rows, {{}, learner.columns(), options.places}, false}.make();
}

} // namespace throng::sinks
