#define CAF_SUITE analytics.lookup_table

#include "analytics/lookup_table.hpp"

#include <caf/test/unit_test.hpp>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

using format = lookup_table::format;

std::shared_ptr<const lookup_table> read(format as, std::string text) {
  auto made = lookup_table::parse(as, std::move(text), "id", {"zone", "rent"});
  if (!made)
    CAF_FAIL(made.error().front().sentence);
  return *made;
}

/// `LINE:COLUMN sentence` of each problem.
std::vector<std::string> wrong(format as, std::string text) {
  std::vector<std::string> result;
  if (auto made = lookup_table::parse(as, std::move(text), "id", {"zone", "rent"}); !made)
    for (const auto& each : made.error())
      result.push_back(std::to_string(each.line) + ":" + std::to_string(each.column) + " " + each.sentence);
  return result;
}

std::string row(const lookup_table& table, const value& key) {
  const auto* found = table.find(key);
  if (found == nullptr)
    return "none";
  std::string text;
  for (const auto& each : *found) {
    append_canonical(text, each.view());
    text += ' ';
  }
  return text;
}

value text(std::string_view x) {
  return value::of(x);
}

} // namespace

CAF_TEST(cells of a CSV file are numbers booleans nulls or text and quotes make text of anything) {
  auto table = read(format::csv, "zone,id,rent\r\ninner,a,12.50\n\"ou,\"\"ter\",b,\"7\"\n,c,true\n\n007,d,-1e2\n");
  CAF_CHECK_EQUAL(table->size(), 4u);
  CAF_CHECK_EQUAL(row(*table, text("a")), "\"inner\" 12.5 ");
  CAF_CHECK_EQUAL(row(*table, text("b")), "\"ou,\\\"ter\" \"7\" ");
  CAF_CHECK_EQUAL(row(*table, text("c")), "null true ");
  CAF_CHECK_EQUAL(row(*table, text("d")), "\"007\" -100 ");
  CAF_CHECK_EQUAL(row(*table, text("e")), "none");
  CAF_CHECK_EQUAL(row(*table, value{}), "none");
}

CAF_TEST(a key of digits in a CSV file is found by the number and by the text unless it stands in quotes) {
  auto table = read(format::csv, "id,zone,rent\n7,x,1\n\"8\",y,2\n");
  CAF_CHECK_EQUAL(row(*table, value::of(std::int64_t{7})), "\"x\" 1 ");
  CAF_CHECK_EQUAL(row(*table, value::of(7.0)), "\"x\" 1 ");
  CAF_CHECK_EQUAL(row(*table, text("7")), "\"x\" 1 ");
  CAF_CHECK_EQUAL(row(*table, text("8")), "\"y\" 2 ");
  CAF_CHECK_EQUAL(row(*table, value::of(std::int64_t{8})), "none");
}

CAF_TEST(everything wrong with a CSV file is told with line and column) {
  CAF_CHECK_EQUAL(wrong(format::csv, ""), std::vector<std::string>{"1:1 is empty; its first line names the columns"});
  CAF_CHECK_EQUAL(wrong(format::csv, "id,zone\n"),
                  std::vector<std::string>{"1:1 there is no column rent; the columns are: id, zone"});
  CAF_CHECK_EQUAL(
      wrong(format::csv, "id,zone,rent\na,1\nb,1,2\n\xc3\xa4,b,c,d\nb,3,4\n,5,6\nc,\"x"),
      (std::vector<std::string>{"2:1 this row has 2 cells, the header 3", "4:1 this row has 4 cells, the header 3",
                                "5:1 there is another row for \"b\"", "6:1 the key, id, is empty",
                                "7:3 the quotes that begin here have no end"}));
  CAF_CHECK_EQUAL(wrong(format::csv, "id,zone,rent\na,\xff,1\n"), std::vector<std::string>{"0:0 is not UTF-8"});
}

CAF_TEST(JSON holds rows as an array or by key) {
  auto rows = read(format::json, "[ // those we know\n {\"id\": 1, \"zone\": [1]}, {\"id\": \"1\", \"rent\": 1.0},]");
  CAF_CHECK_EQUAL(row(*rows, value::of(std::int64_t{1})), "[1] null ");
  CAF_CHECK_EQUAL(row(*rows, text("1")), "null 1 ");
  auto by_key = read(format::json, R"({"a": {"zone": "x"}, "b": {"rent": false}})");
  CAF_CHECK_EQUAL(row(*by_key, text("a")), "\"x\" null ");
  CAF_CHECK_EQUAL(row(*by_key, text("b")), "null false ");
  CAF_CHECK_EQUAL(wrong(format::json, "[{\"id\": 1},\n {\"id\": 1.0},\n  {}, 5]"),
                  (std::vector<std::string>{"2:2 there is another row for 1",
                                            "3:3 this row has no id, which is the key", "3:7 a row is an object"}));
  CAF_CHECK_EQUAL(wrong(format::json, "{\"a\": {}").size(), 1u);
}

CAF_TEST(a version is the text and nothing else) {
  auto one = read(format::csv, "id,zone,rent\n");
  auto same = read(format::csv, "id,zone,rent\n");
  auto other = read(format::csv, "id,rent,zone\n");
  CAF_CHECK_EQUAL(one->version(), same->version());
  CAF_CHECK_NOT_EQUAL(one->version(), other->version());
}
