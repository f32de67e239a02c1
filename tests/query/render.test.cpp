#define CAF_SUITE query.render

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>

#include "query/query.hpp"

using namespace throng;
using query::format;
namespace json = boost::json;

namespace {

query::answer two() {
  query::answer out;
  out.items.push_back(
      json::parse(
          R"({"window":"climate-1m","group":{"district":"Zürich"},"events":12,"temperature":{"mean":20.5,"max":21},"top":[{"value":"a"}]})")
          .as_object());
  out.items.push_back(
      json::parse(
          R"({"window":"w","group":{"district":"a,\"b\"\nc"},"events":3,"temperature":{"mean":0.3333333333333333,"max":null}})")
          .as_object());
  return out;
}

std::string shown(const query::answer& what, format as, std::size_t width = 0) {
  return query::render(what, query::subject::windows, as, width);
}

} // namespace

CAF_TEST(a table is aligned with numbers to the right and aggregates flat) {
  CAF_CHECK_EQUAL(shown(two(), format::table),
                  "window      group.district  events  temperature.mean  temperature.max  top\n"
                  "climate-1m  Zürich              12              20.5               21  [{\"value\":\"a\"}]\n"
                  "w           a,\"b\" c              3          0.333333\n");
}

CAF_TEST(a table as wide as the terminal names what it leaves out) {
  CAF_CHECK_EQUAL(shown(two(), format::table, 40),
                  "window      group.district  events\n"
                  "climate-1m  Zürich              12\n"
                  "w           a,\"b\" c              3\n"
                  "(not shown: temperature.mean, temperature.max, top; --format json or csv shows all)\n");
  CAF_CHECK_EQUAL(shown(two(), format::table, 1).substr(0, 7), "window\n");
}

CAF_TEST(long and hostile text is cut and cleaned in a table) {
  query::answer what;
  what.items.push_back({{"text", std::string(100, 'x')}, {"escape", "\x1b[31mred"}});
  auto out = shown(what, format::table);
  CAF_CHECK(out.find('\x1b') == std::string::npos);
  CAF_CHECK(out.find(std::string(47, 'x') + "…") != std::string::npos);
  CAF_CHECK(out.find(std::string(48, 'x')) == std::string::npos);
}

CAF_TEST(JSON and NDJSON read back as the documents) {
  auto what = two();
  auto array = json::parse(shown(what, format::json)).as_array();
  CAF_REQUIRE_EQUAL(array.size(), 2u);
  CAF_CHECK(array[0].as_object() == what.items[0]);
  auto lines = shown(what, format::ndjson);
  CAF_CHECK_EQUAL(std::count(lines.begin(), lines.end(), '\n'), 2);
  CAF_CHECK(json::parse(lines.substr(0, lines.find('\n'))).as_object() == what.items[0]);
  CAF_CHECK(lines.find("20.5") != std::string::npos);
  CAF_CHECK(lines.find("0.3333333333333333") != std::string::npos);
  CAF_CHECK_EQUAL(shown({}, format::json), "[]\n");
  CAF_CHECK_EQUAL(shown({}, format::ndjson), "");
}

CAF_TEST(CSV is that of RFC 4180) {
  CAF_CHECK_EQUAL(shown(two(), format::csv), "window,group.district,events,temperature.mean,temperature.max,top\r\n"
                                             "climate-1m,Zürich,12,20.5,21,\"[{\"\"value\"\":\"\"a\"\"}]\"\r\n"
                                             "w,\"a,\"\"b\"\"\nc\",3,0.3333333333333333,,\r\n");
  CAF_CHECK_EQUAL(shown({}, format::csv), "");
}

CAF_TEST(a column that only some documents have stands among its neighbours) {
  query::answer what;
  what.items.push_back({{"a", 1}, {"c", 3}});
  what.items.push_back({{"a", 1}, {"b", 2}, {"c", 3}});
  CAF_CHECK_EQUAL(shown(what, format::csv), "a,b,c\r\n1,,3\r\n1,2,3\r\n");
}

CAF_TEST(an empty table says why) {
  query::answer what;
  what.why_empty = "there is no pipeline 'x'";
  CAF_CHECK_EQUAL(shown(what, format::table), "there is no pipeline 'x'\n");
}

CAF_TEST(formats are known by name) {
  CAF_CHECK(query::parse_format("csv").value() == format::csv);
  CAF_CHECK(!query::parse_format("xml"));
}
