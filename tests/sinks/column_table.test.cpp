#define CAF_SUITE sinks.column_table

#include "sinks/column_table.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "rows.hpp"

using namespace throng;
using namespace throng::sinks;
using namespace throng::sinks::test;

namespace {

column_table table_of(const std::vector<std::optional<std::string>>& values, table_options options = {{"at"}}) {
  options.places = false;
  return make_table(rows_of(values), options);
}

/// A column of one field, from its values as JSON.
column column_of(const std::vector<std::string>& values, const table_options& options = {{"at"}}) {
  std::vector<std::optional<std::string>> rows;
  for (const auto& value : values)
    rows.emplace_back("{\"x\": " + value + "}");
  return table_of(rows, options).columns.at(0);
}

} // namespace

CAF_TEST(a column has the narrowest type that holds all of its values) {
  CAF_CHECK(column_of({"true", "null", "false"}).kind == column_kind::boolean);
  CAF_CHECK(column_of({"1", "null", "-5"}).kind == column_kind::integer);
  CAF_CHECK(column_of({"1", "2.5"}).kind == column_kind::number);
  CAF_CHECK(column_of({"1.0"}).kind == column_kind::number);
  CAF_CHECK(column_of({"\"a\""}).kind == column_kind::text);
  CAF_CHECK(column_of({"null"}).kind == column_kind::text);
  CAF_CHECK(column_of({"1", "true"}).kind == column_kind::text);
  CAF_CHECK(column_of({"[1]"}).kind == column_kind::text);
}

CAF_TEST(widening loses no digit) {
  CAF_CHECK(column_of({"9007199254740992", "0.5"}).kind == column_kind::number);
  const auto exact = column_of({"9007199254740993", "0.5"});
  CAF_CHECK(exact.kind == column_kind::text);
  CAF_CHECK_EQUAL(exact.text_of(0), "9007199254740993");
  const auto large = column_of({"99999999999999999999", "1"});
  CAF_CHECK(large.kind == column_kind::text);
  CAF_CHECK_EQUAL(large.text_of(0), "99999999999999999999");
}

CAF_TEST(the event time is a time as long as all of it is) {
  const table_options options{{"x"}};
  const auto times = column_of({"\"2026-01-05T07:00:00Z\"", "null"}, options);
  CAF_CHECK(times.kind == column_kind::time);
  CAF_CHECK_EQUAL(times.numbers[0], 1'767'596'400'000);
  CAF_CHECK(!times.has(1));
  CAF_CHECK(column_of({"\"2026-01-05T07:00:00Z\"", "\"soon\""}, options).kind == column_kind::text);
  CAF_CHECK(column_of({"\"2026-01-05T07:00:00Z\""}).kind == column_kind::text);
}

CAF_TEST(text is unescaped and nested values are their JSON) {
  const auto text = column_of({R"("a\"\u00e9")", R"([1, {"b": 2}])", "12.50"});
  CAF_CHECK_EQUAL(text.text_of(0), "a\"é");
  CAF_CHECK_EQUAL(text.text_of(1), R"([1, {"b": 2}])");
  CAF_CHECK_EQUAL(text.text_of(2), "12.50");
}

CAF_TEST(of a repeated name the last counts and fields come in any order) {
  const auto made = table_of({R"({"a": 1, "b": 2})", R"({"b": 3, "a": 4})", R"({"a": 5, "a": 6, "c": 7})"});
  CAF_REQUIRE_EQUAL(made.columns.size(), 3u);
  CAF_CHECK((made.columns[0].numbers == std::vector<std::int64_t>{1, 4, 6}));
  CAF_CHECK_EQUAL(made.columns[1].numbers[1], 3);
  CAF_CHECK(!made.columns[1].has(2));
  CAF_CHECK(made.columns[2].has(2));
}

CAF_TEST(what is no object has its bytes in a column of their own) {
  const auto made = table_of({R"({"a": 1})", "nonsense", "[1]", std::nullopt, "\xff", R"({"a": 2}})"});
  const auto& raw = made.columns.back();
  CAF_CHECK_EQUAL(raw.name, "_raw");
  CAF_CHECK(!raw.has(0));
  CAF_CHECK_EQUAL(raw.text_of(1), "nonsense");
  CAF_CHECK_EQUAL(raw.text_of(2), "[1]");
  CAF_CHECK(!raw.has(3));
  CAF_CHECK_EQUAL(raw.text_of(4), "base64:/w==");
  CAF_CHECK_EQUAL(raw.text_of(5), R"({"a": 2}})");
  CAF_CHECK_EQUAL(made.columns[0].nulls, 5);
}

CAF_TEST(with given columns what does not fit stands in raw and nothing else changes) {
  table_options options{{"at"}, {{"a", column_kind::integer}, {"b", column_kind::time}}};
  const auto made = make_table(
      rows_of({R"({"a": 1, "z": 0})", R"({"a": 1.5})", R"({"b": "2026-01-05T07:00:00Z"})", R"({"b": "soon"})"}),
      options);
  std::vector<std::string> names;
  for (const auto& each : made.columns)
    names.push_back(each.name);
  CAF_CHECK((names == std::vector<std::string>{"_partition", "_offset", "_time", "_key", "a", "b", "_raw"}));
  const auto& raw = made.columns[6];
  CAF_CHECK(!raw.has(0) && raw.has(1) && !raw.has(2) && raw.has(3));
  CAF_CHECK_EQUAL(raw.text_of(1), R"({"a": 1.5})");
  CAF_CHECK(!made.columns[4].has(1));
  CAF_CHECK((made.columns[1].numbers == std::vector<std::int64_t>{10, 11, 12, 13}));
  CAF_CHECK_EQUAL(made.columns[3].text_of(2), "k");
}

CAF_TEST(what is no object has no value that counts for a type) {
  const auto made = table_of({R"({"a": 1})", R"({"a": "text", "b)", R"({"a": 2})"});
  CAF_CHECK(made.columns[0].kind == column_kind::integer);
  CAF_CHECK_EQUAL(made.columns[1].text_of(1), R"({"a": "text", "b)");
}

CAF_TEST(a row that changes a column behind those that were looked at first is found) {
  const std::vector<std::pair<std::string, std::string>> cases{{R"("a": 0.25)", R"("a": 9007199254740993)"},
                                                               {R"("a": 0.25)", R"("a": 99999999999999999999)"},
                                                               {R"("a": 0.25)", R"("a": 1e400)"},
                                                               {R"("a": null)", R"("a": 1)"},
                                                               {R"("a": 1)", R"("a": 0.5)"},
                                                               {R"("a": 1)", R"("a": "x")"},
                                                               {R"("a": true)", R"("a": 1)"},
                                                               {R"("a": 1)", R"("a": "x", "a": 2)"},
                                                               {R"("a": 1)", R"("b": 1)"},
                                                               {R"("at": "2026-01-05")", R"("at": "soon")"}};
  for (const auto& [first, second] : cases) {
    const std::vector<std::optional<std::string>> rows{"{" + first + "}", "{" + second + "}"};
    table_options options{{"at"}};
    const auto at_once = table_of(rows, options);
    options.first = 1;
    CAF_CHECK(table_of(rows, options) == at_once);
    const auto alone = table_of({rows[0]}, options);
    CAF_CHECK(at_once.columns.size() > 1 || at_once.columns[0].kind != alone.columns[0].kind);
  }
}

CAF_TEST(it is the same table however many rows are looked at first) {
  CAF_CHECK(rc::check([] {
    const auto value = rc::gen::weightedElement<std::string>({{4, "7"},
                                                              {4, "0.25"},
                                                              {2, "null"},
                                                              {3, "9007199254740993"},
                                                              {1, "99999999999999999999"},
                                                              {1, "1e400"},
                                                              {1, "true"},
                                                              {2, R"("2026-01-05T07:00:00Z")"},
                                                              {1, R"("t")"},
                                                              {1, "[2]"},
                                                              {1, R"("broken)"}});
    // A few values a case: else all columns soon are text.
    const auto few = *rc::gen::container<std::vector<std::string>>(3, value);
    const auto name = rc::gen::weightedElement<std::string>({{9, "a"}, {9, "b"}, {5, "at"}, {1, "c"}, {1, "_offset"}});
    const auto fields = rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(name, rc::gen::elementOf(few)));
    std::vector<std::optional<std::string>> rows;
    for (const auto& row : *rc::gen::container<std::vector<std::vector<std::pair<std::string, std::string>>>>(fields)) {
      auto& text = rows.emplace_back("{");
      for (const auto& [key, held] : row)
        *text += (text->size() > 1 ? ",\"" : "\"") + key + "\":" + held;
      *text += "}";
    }
    table_options options{{"at"}};
    options.places = *rc::gen::arbitrary<bool>();
    const auto at_once = make_table(rows_of(rows), options);
    options.first = *rc::gen::inRange<std::size_t>(0, rows.size() + 1);
    RC_ASSERT(make_table(rows_of(rows), options) == at_once);
  }));
}

CAF_TEST(any mixture reads back as it was against a model of a line for each type) {
  CAF_CHECK(rc::check([] {
    const auto value = rc::gen::element<std::string>("null", "true", "false", "0", "-7", "9007199254740993", "0.25",
                                                     "1e3", "\"t\"", "[2]");
    const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(value));
    const auto made = column_of(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      RC_ASSERT(made.has(i) == (values[i] != "null"));
      if (!made.has(i))
        continue;
      switch (made.kind) {
      case column_kind::boolean:
        RC_ASSERT((made.flag(i) ? "true" : "false") == values[i]);
        break;
      case column_kind::integer:
        RC_ASSERT(std::to_string(made.numbers[i]) == values[i]);
        break;
      case column_kind::number:
        RC_ASSERT(made.doubles[i] == std::stod(values[i]));
        RC_ASSERT(values[i] != "9007199254740993");
        break;
      default:
        RC_ASSERT(made.text_of(i) == (values[i] == "\"t\"" ? "t" : values[i]));
      }
    }
    std::int64_t nulls = std::count(values.begin(), values.end(), "null");
    RC_ASSERT(made.nulls == nulls);
  }));
}
