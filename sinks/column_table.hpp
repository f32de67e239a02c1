// Messages as typed columns: which fields they have, of which types, and their values. Pure; how columns become a file is its format's affair.
//
// A column's type is the narrowest that holds all of its values: of integers and other numbers, number, as long as no integer loses a digit by
// it; of any other mixture text, each value as the event has it. Arrays and objects are text: their JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/pipeline.hpp"

namespace throng::sinks {

using config::column_kind;

struct column {
  std::string name;
  column_kind kind = column_kind::text;
  // A value a row; what is null has one too. Which of these holds them, `kind` says.
  std::vector<std::uint8_t> bits;    ///< boolean: bit i % 8 of byte i / 8
  std::vector<std::int64_t> numbers; ///< integer, and time in milliseconds since 1970
  std::vector<double> doubles;
  std::vector<std::int32_t> ends{0}; ///< text: where value i begins, and one more
  std::string text;
  std::vector<std::uint8_t> valid; ///< as bits
  std::int64_t nulls = 0;

  friend bool operator==(const column&, const column&) = default;

  bool has(std::size_t row) const {
    return (valid[row / 8] >> (row % 8) & 1U) != 0;
  }
  bool flag(std::size_t row) const {
    return (bits[row / 8] >> (row % 8) & 1U) != 0;
  }
  std::string_view text_of(std::size_t row) const {
    return std::string_view{text}.substr(static_cast<std::size_t>(ends[row]),
                                         static_cast<std::size_t>(ends[row + 1] - ends[row]));
  }
};

struct column_table {
  std::size_t rows = 0;
  std::vector<column> columns;

  friend bool operator==(const column_table&, const column_table&) = default;
};

struct table_options {
  std::vector<std::string> time_fields; ///< times where all of their values are ISO 8601
  /// Empty: inferred.
  std::vector<std::pair<std::string, column_kind>> columns = {};
  bool places = true; ///< _partition, _offset, _time and _key in front
  /// So many rows are looked at first to infer columns. The others are read once where they have the same, which is the rule, and once more where one has not:
  /// what comes out is the same.
  std::size_t first = 1'000;
};

/// Columns in the order in which events first have them, behind those that say where a message stood. A field whose name is one of theirs is
/// left out. `_raw` comes last, where a message has one: its bytes, or `base64:` and those where they are not UTF-8.
column_table make_table(const analytics::sink_rows& rows, const table_options& options);

} // namespace throng::sinks
