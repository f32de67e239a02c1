// Messages as rows of PostgreSQL: what COPY reads is what stood there, and what a server can't hold never goes to it.
#define CAF_SUITE sinks.postgres_rows

#include "sinks/postgres_rows.hpp"

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "rows.hpp"

using namespace throng;
using namespace throng::sinks;
using throng::sinks::test::rows_of;

namespace {

constexpr std::size_t body = 5;

config::sink table_of(std::vector<std::pair<std::string, config::column_kind>> columns = {}) {
  config::sink made;
  made.to = "postgresql://host/base";
  made.table = "clicks";
  made.columns = std::move(columns);
  return made;
}

std::vector<postgres_row> all(const analytics::sink_rows& rows, const config::sink& of) {
  std::vector<std::size_t> which(rows.size());
  std::iota(which.begin(), which.end(), std::size_t{0});
  return postgres_rows(rows, which, of);
}

/// As PostgreSQL's documentation of COPY's text format has it, read a character at a time.
std::vector<postgres_row> read_copy(const std::string& text) {
  std::vector<postgres_row> rows;
  postgres_row row;
  std::string cell;
  bool null = false;
  const auto end_cell = [&] {
    row.push_back(null ? std::nullopt : std::optional{cell});
    cell.clear();
    null = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\t') {
      end_cell();
    } else if (text[i] == '\n') {
      end_cell();
      rows.push_back(std::exchange(row, {}));
    } else if (text[i] == '\\') {
      const auto next = text.at(++i);
      if (next == 'N')
        null = true;
      else
        cell += next == 't' ? '\t' : next == 'n' ? '\n' : next == 'r' ? '\r' : next;
    } else {
      CAF_REQUIRE(text[i] != '\r'); // it would end the line
      cell += text[i];
    }
  }
  return rows;
}

/// Whether a parsed value has a NUL in some text or name.
bool holds_nul(const boost::json::value& in) {
  const auto has = [](std::string_view text) { return text.find('\0') != std::string_view::npos; };
  if (in.is_string())
    return has({in.get_string().data(), in.get_string().size()});
  if (in.is_array())
    return std::any_of(in.get_array().begin(), in.get_array().end(), holds_nul);
  if (!in.is_object())
    return false;
  return std::any_of(in.get_object().begin(), in.get_object().end(), [&](const auto& member) {
    return has({member.key().data(), member.key().size()}) || holds_nul(member.value());
  });
}

} // namespace

CAF_TEST(what copy reads is what was written) {
  CAF_CHECK(rc::check([] {
    const auto letters = rc::gen::element('\\', '\t', '\n', '\r', 'N', 't', '.', '"', 'a', '\x7f', '\xc3', '\b');
    const auto cells = rc::gen::maybe(rc::gen::container<std::string>(letters));
    // A row has at least its place.
    const auto rows = *rc::gen::container<std::vector<std::vector<rc::Maybe<std::string>>>>(
        rc::gen::nonEmpty(rc::gen::container<std::vector<rc::Maybe<std::string>>>(cells)));
    std::string text;
    std::vector<postgres_row> wanted;
    for (const auto& row : rows) {
      auto& made = wanted.emplace_back();
      for (const auto& cell : row)
        made.push_back(cell ? std::optional{*cell} : std::nullopt);
      append_copy_line(text, made);
    }
    RC_ASSERT(read_copy(text) == wanted);
  }));
}

CAF_TEST(an object goes whole and what jsonb can not hold goes into raw) {
  const auto rows = all(
      rows_of({R"({"a": 1})", std::nullopt, "[1]", R"({"a": "\u0000"})", "\xff", std::string{"x\0y", 3}}), table_of());
  CAF_REQUIRE_EQUAL(rows.size(), 6u);
  CAF_CHECK(rows[0] ==
            (postgres_row{"clicks", "3", "10", "2026-01-05T08:00:00.000Z", "k", R"({"a": 1})", std::nullopt}));
  CAF_CHECK(rows[1] ==
            (postgres_row{"clicks", "3", "11", "2026-01-05T08:00:00.000Z", "k", std::nullopt, std::nullopt}));
  const std::vector<std::string> raw{"[1]", R"({"a": "\u0000"})", "base64:/w==", "base64:eAB5"};
  for (std::size_t i = 0; i < raw.size(); ++i) {
    CAF_CHECK(!rows[2 + i][body]);
    CAF_CHECK_EQUAL(rows[2 + i][body + 1].value_or(""), raw[i]);
  }
}

CAF_TEST(a number of more places than numeric has does not fit) {
  for (const auto* number : {"1", "-0.5e-15000", "1E+15000", "123456789012345678901234567890.5"})
    CAF_CHECK(fits_jsonb(std::string{R"({"a":[)"} + number + "]}"));
  for (const auto* number : {"1e16001", "-1e-16001", "1e99999999999999999999", "0e16001"})
    CAF_CHECK(!fits_jsonb(std::string{R"({"a":[)"} + number + "]}"));
  CAF_CHECK(!fits_jsonb(R"({"a":)" + std::string(16'001, '1') + "}"));
}

CAF_TEST(a nul is found wherever it stands and nothing else is taken for one) {
  CAF_CHECK(rc::check([] {
    const auto part = rc::gen::element<std::string>(R"(\\)", R"(\u0000)", R"(u0000)", R"(\")", R"(\u00e9)", "0", "a");
    const auto text = [&] {
      std::string made;
      for (const auto& each : *rc::gen::container<std::vector<std::string>>(part))
        made += each;
      return '"' + made + '"';
    };
    const auto message = "{" + text() + ":[{" + text() + ":" + text() + "},1.5]}";
    RC_ASSERT(fits_jsonb(message) == !holds_nul(boost::json::parse(message)));
  }));
}

CAF_TEST(columns have null and raw for what does not fit and for text with a nul) {
  const auto of = table_of({{"t", config::column_kind::text},
                            {"i", config::column_kind::integer},
                            {"f", config::column_kind::number},
                            {"b", config::column_kind::boolean},
                            {"at", config::column_kind::time}});
  const auto rows =
      all(rows_of({R"({"t": "x", "i": 1, "f": 0.1, "b": true, "at": "2026-01-05T08:00:00Z", "left": "out"})",
                   R"({"t": "\u0000", "i": 2})", R"({"i": 1e400})", std::nullopt, "no json"}),
          of);
  const auto null = std::optional<std::string>{};
  const auto behind_place = [&](std::size_t row) { return postgres_row{rows[row].begin() + body, rows[row].end()}; };
  CAF_CHECK(behind_place(0) == (postgres_row{"x", "1", "0.1", "t", "2026-01-05T08:00:00.000Z", null}));
  CAF_CHECK(behind_place(1) == (postgres_row{null, "2", null, null, null, R"({"t": "\u0000", "i": 2})"}));
  CAF_CHECK(behind_place(2) == (postgres_row{null, null, null, null, null, R"({"i": 1e400})"}));
  CAF_CHECK(behind_place(3) == (postgres_row{null, null, null, null, null, null}));
  CAF_CHECK(behind_place(4) == (postgres_row{null, null, null, null, null, "no json"}));
}

CAF_TEST(of results with one id the last goes and of events all) {
  const auto rows = rows_of({"{}", R"({"a":1})"}); // one key
  auto of = table_of();
  CAF_CHECK_EQUAL(all(rows, of).size(), 2u);
  of.of = config::sink_content::windows;
  const auto last = all(rows, of);
  CAF_REQUIRE_EQUAL(last.size(), 1u);
  CAF_CHECK_EQUAL(last[0][body].value_or(""), R"({"a":1})");
}
