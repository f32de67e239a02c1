// docs/reference/operators.md against the schema and the evaluator: every operator stands there, with the schema's example and sentence, and
// with the result that the example really has.
#define CAF_SUITE analytics.operators_page

#include <algorithm>
#include <fstream>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>

#include "analytics/expression.hpp"
#include "analytics/json_scanner.hpp"
#include "decoded_event.hpp"

using namespace throng::analytics;
using throng::test::decoded_event;

namespace {

struct page_row {
  std::string name;
  std::string example;
  std::string result;
  std::string sentence;
};

struct page {
  std::vector<std::string> match_messages;
  std::string expression_message;
  std::vector<page_row> match_rows;
  std::vector<page_row> expression_rows;
};

std::string unquoted(std::string cell) {
  cell.erase(0, cell.find_first_not_of(' '));
  cell.erase(cell.find_last_not_of(' ') + 1);
  if (cell.size() >= 2 && cell.front() == '`' && cell.back() == '`')
    cell = cell.substr(1, cell.size() - 2);
  return cell;
}

/// Cells are divided by ` | `, which no example holds.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  auto at = std::size_t{1};
  for (auto end = line.find(" |", at); end != std::string::npos; at = end + 2, end = line.find(" |", at))
    cells.push_back(unquoted(line.substr(at, end - at)));
  return cells;
}

page read_page() {
  std::ifstream in{PAGE};
  page out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("{\"id\""))
      out.match_messages.push_back(line);
    else if (line.starts_with("{"))
      out.expression_message = line;
    if (!line.starts_with("| `$"))
      continue;
    auto cells = cells_of(line);
    CAF_REQUIRE_EQUAL(cells.size(), 4u);
    auto& rows = out.expression_message.empty() ? out.match_rows : out.expression_rows;
    rows.push_back({cells[0], cells[1], cells[2], cells[3]});
  }
  return out;
}

std::string chosen(const boost::json::value& example, const std::vector<std::string>& messages) {
  field_table fields;
  auto sut = match::compile(example.as_object(), "where", fields, name_scope::message);
  std::string out;
  for (const auto& message : messages) {
    decoded_event event{fields, message};
    if (sut->matches(event.e))
      out += (out.empty() ? "" : ", ") + std::string{parse_json(message).at("id").as_string()};
  }
  return out;
}

std::string given(const boost::json::value& example, const std::string& message) {
  field_table fields;
  auto sut = expression::compile(example, "derive", fields, name_scope::message);
  decoded_event event{fields, message};
  bool type_error = false;
  auto x = sut->evaluate(event.e, type_error);
  std::string out;
  append_json(out, x);
  return type_error ? "a type error" : out;
}

} // namespace

CAF_TEST(every operator of the schema stands on the page with what its example gives) {
  auto shown = read_page();
  for (const auto& x : supported_operators()) {
    const auto& rows = x.for_match ? shown.match_rows : shown.expression_rows;
    auto actual = x.for_match ? chosen(x.example, shown.match_messages) : given(x.example, shown.expression_message);
    auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return each.name == x.name; });
    if (row == rows.end()) {
      CAF_ERROR(x.name << " is not on the page; its example gives " << actual);
      continue;
    }
    CAF_CHECK(boost::json::parse(row->example) == x.example);
    CAF_CHECK_EQUAL(row->sentence, x.sentence);
    if (row->result != actual)
      CAF_ERROR("the example of " << x.name << " gives " << actual);
  }
  CAF_CHECK_EQUAL(shown.match_rows.size() + shown.expression_rows.size(), supported_operators().size());
}
