#define CAF_SUITE config.csv_rows

#include "config/csv_rows.hpp"

#include <caf/test/unit_test.hpp>

#include <rapidcheck.h>

#include "config/csv_cell.hpp"

using namespace throng;

namespace {

/// Texts of what matters to CSV.
rc::Gen<std::string> texts() {
  return rc::gen::container<std::string>(rc::gen::element('a', ',', '"', '\n', '\r'));
}

std::vector<std::string> rows_of(std::string_view text) {
  csv_rows in{text};
  std::vector<csv_cell> cells;
  std::vector<std::string> found;
  while (in.next(cells)) {
    auto& row = found.emplace_back();
    for (const auto& each : cells)
      row += each.text + '|';
  }
  return found;
}

} // namespace

CAF_TEST(lines that are put together to rows have the rows of the whole text) {
  CAF_CHECK(rc::check("rows", [] {
    // A cell in front: an empty line is no row.
    const auto table = *rc::gen::container<std::vector<std::vector<std::string>>>(
        rc::gen::container<std::vector<std::string>>(texts()));
    std::string text;
    for (const auto& row : table) {
      text += 'x';
      for (const auto& each : row)
        append_csv_cell(text += ',', each);
      text += '\n';
    }
    std::vector<std::string> found;
    csv_row_end end;
    std::string row;
    for (std::string_view left{text}; !left.empty();) {
      const auto line = left.substr(0, left.find('\n'));
      left.remove_prefix(line.size() + 1);
      const auto ends = end.take(line);
      (row += line) += '\n';
      if (!ends)
        continue;
      const auto one = rows_of(row);
      RC_ASSERT(one.size() == 1u);
      found.push_back(one.front());
      row.clear();
    }
    RC_ASSERT(row.empty());
    RC_ASSERT(found == rows_of(text));
    RC_ASSERT(found.size() == table.size());
  }));
}

CAF_TEST(quotes within a cell that began without are text and open nothing) {
  for (const auto* line : {"5\" pipe,x", "a\"b\"c\"", "\"\"", "\"a\"\"\",b", ""})
    CAF_CHECK(csv_row_end{}.take(line));
  for (const auto* line : {"\"", "x,\"", "\"a\"\"", "\"a\",\"b"})
    CAF_CHECK(!csv_row_end{}.take(line));
}
