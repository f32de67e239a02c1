#include "sinks/column_table.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "analytics/json_scanner.hpp"
#include "analytics/value.hpp"
#include "config/time.hpp"
#include "sinks/row_text.hpp"

namespace throng::sinks {

namespace {

using analytics::json_number;
using analytics::json_scanner;
using analytics::json_string;
using analytics::sink_row;

/// A field's value as it stands in the message.
struct cell {
  enum class what : std::uint8_t { null, flag, number, text, nested };
  std::string_view raw; ///< of text: between the quotes
  what is = what::null;
  bool escaped = false;
  bool integral = false;
};

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;

bool read_cell(json_scanner& in, cell& out) {
  const auto next = in.peek();
  if (next == '"') {
    json_string token;
    if (!in.take_string(token))
      return false;
    out = {token.raw, cell::what::text, token.escaped, false};
    return true;
  }
  if (next == '-' || (next >= '0' && next <= '9')) {
    json_number token;
    if (!in.take_number(token))
      return false;
    out = {token.text, cell::what::number, false, token.integral};
    return true;
  }
  const auto* begin = in.position();
  if (!in.skip_value(1))
    return false;
  const std::string_view raw{begin, static_cast<std::size_t>(in.position() - begin)};
  const auto is = next == 'n' ? cell::what::null : next == 't' || next == 'f' ? cell::what::flag : cell::what::nested;
  out = {raw, is, false, false};
  return true;
}

/// What has been seen of a field, and so which type holds it.
struct seen_values {
  bool flags = false;
  bool integers = false;
  bool inexact_integers = false; ///< some that a double does not hold
  bool fractions = false;
  bool times = false;
  bool others = false; ///< text, arrays, objects, numbers that nothing holds

  column_kind kind() const {
    const auto numbers = integers || fractions;
    if (others || flags + numbers + times > 1 || (fractions && inexact_integers))
      return column_kind::text;
    if (flags)
      return column_kind::boolean;
    if (times)
      return column_kind::time;
    if (fractions)
      return column_kind::number;
    return integers ? column_kind::integer : column_kind::text;
  }
};

/// Goes over a table's rows, twice: for the types, then for the values.
class table_builder {
public:
  table_builder(const analytics::sink_rows& rows, const table_options& options)
      : rows_(rows)
      , options_(options) {
    for (const auto& [name, kind] : options.columns)
      add_field(name, kind);
  }

  column_table make() {
    if (options_.columns.empty()) {
      seen_.reserve(64);
      for (std::size_t i = 0; i < rows_.size(); ++i)
        if (auto row = rows_[i]; row.value)
          walk(*row.value, true, [this](std::size_t field, const cell& value) { look_at(field, value); });
      for (std::size_t i = 0; i < fields_.size(); ++i)
        fields_[i].kind = seen_[i].kind();
    }
    for (auto& field : fields_)
      reserve(field);
    if (options_.places)
      add_places();
    fill();
    return std::move(table_);
  }

private:
  struct latest {
    std::size_t row = SIZE_MAX;
    cell value;
  };

  std::size_t add_field(std::string name, column_kind kind) {
    const auto place = fields_.size();
    by_name_.emplace(name, place);
    auto& made = fields_.emplace_back();
    made.name = std::move(name);
    made.kind = kind;
    return place;
  }

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

  /// The fields of a message that is one JSON object. Most messages have the fields of the one before, in the same order.
  template <class F>
  bool walk(std::string_view message, bool adding, F each) {
    json_scanner in{message};
    if (in.peek() != '{' || !in.open(0))
      return false;
    std::size_t turn = 0;
    for (bool first = true; in.next_element('}', first); first = false, ++turn) {
      json_string name;
      cell value;
      if (!in.take_name(name) || !read_cell(in, value))
        return false;
      if (const auto field = field_named(name, turn, adding); field != SIZE_MAX)
        each(field, value);
    }
    return in.fault() == analytics::json_fault::none && in.at_end();
  }

  std::size_t field_named(const json_string& token, std::size_t turn, bool adding) {
    if (turn < usual_.size() && !token.escaped && usual_[turn].first == token.raw)
      return usual_[turn].second;
    auto name = token.raw;
    if (token.escaped) {
      unescaped_.clear();
      analytics::append_unescaped(unescaped_, token);
      name = unescaped_;
    }
    for (auto own : place_names)
      if (name == own)
        return SIZE_MAX;
    key_.assign(name);
    auto found = by_name_.find(key_);
    if (found == by_name_.end() && !adding)
      return SIZE_MAX;
    const auto place = found != by_name_.end() ? found->second : add_field(key_, column_kind::text);
    if (usual_.size() <= turn)
      usual_.resize(turn + 1);
    if (!token.escaped)
      usual_[turn] = {std::string{token.raw}, place};
    return place;
  }

  void look_at(std::size_t field, const cell& value) {
    if (seen_.size() <= field)
      seen_.resize(field + 1);
    auto& seen = seen_[field];
    switch (value.is) {
    case cell::what::null:
      return;
    case cell::what::flag:
      seen.flags = true;
      return;
    case cell::what::nested:
      seen.others = true;
      return;
    case cell::what::text:
      (time_of(field, value) ? seen.times : seen.others) = true;
      return;
    case cell::what::number:
      if (!value.integral) {
        seen.fractions = true;
      } else if (auto whole = integer_of(value)) {
        seen.integers = true;
        seen.inexact_integers |= *whole > exact_in_double || *whole < -exact_in_double;
      } else {
        seen.others = true;
      }
    }
  }

  /// Only of the field that holds the event time, where nothing else was asked for: other text stays what it is.
  std::optional<timestamp> time_of(std::size_t field, const cell& value) {
    if (value.escaped || (options_.columns.empty() && fields_[field].name != options_.time_field))
      return std::nullopt;
    auto time = times_(value.raw);
    return time && *time >= least_timestamp && *time <= greatest_timestamp ? time : std::nullopt;
  }
  static std::optional<std::int64_t> integer_of(const cell& value) {
    const auto made = analytics::number_value({value.raw, value.integral});
    return made.kind() == analytics::value_kind::integer ? std::optional{made.integer()} : std::nullopt;
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
      if (options_.places)
        fill_place(row, i);
      // Of repeated names the last counts, so a row is known only at its end.
      const auto object = row.value && walk(*row.value, false, [&](std::size_t field, const cell& value) {
                            values_[field] = {i, value};
                          });
      auto fits = object || !row.value;
      for (std::size_t field = 0; field < fields_.size(); ++field)
        fits &= put(fields_[field], field, i, object);
      put_text(raw, i, fits ? std::nullopt : std::optional{printable(*row.value)});
    }
    table_.rows = rows_.size();
    for (auto& field : fields_)
      table_.columns.push_back(std::move(field));
    if (raw.nulls < static_cast<std::int64_t>(rows_.size()) || (!options_.columns.empty() && options_.places))
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
    const auto there = !absent && put_value(to, field, held.value);
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

  static void put_null(column& to) {
    ++to.nulls;
    if (to.kind == column_kind::number)
      to.doubles.push_back(0);
    else if (to.kind == column_kind::integer || to.kind == column_kind::time)
      to.numbers.push_back(0);
  }

  bool put_value(column& to, std::size_t field, const cell& value) {
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
      if (auto time = time_of(field, value)) {
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
  const table_options& options_;
  column_table table_;
  std::vector<column> fields_;
  std::vector<seen_values> seen_;
  std::vector<latest> values_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<std::pair<std::string, std::size_t>> usual_; ///< by turn: the field that stood there last
  std::string unescaped_;
  std::string key_;
  iso8601_reader times_;
};

} // namespace

column_table make_table(const analytics::sink_rows& rows, const table_options& options) {
  return table_builder{rows, options}.make();
}

} // namespace throng::sinks
