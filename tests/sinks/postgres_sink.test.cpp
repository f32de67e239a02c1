// A table of PostgreSQL whose server is played: what is made, compared and copied, and what each error means.
#define CAF_SUITE sinks.postgres_sink

#include "sinks/postgres_sink.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>

#include "rows.hpp"

using namespace throng;
using namespace throng::sinks;
using throng::sinks::test::rows_of;

namespace {

config::sink table_of(std::vector<std::pair<std::string, config::column_kind>> columns = {}) {
  config::sink made;
  made.to = "postgresql://me@host/base?sslmode=require";
  made.table = "lake.clicks";
  made.columns = std::move(columns);
  return made;
}

/// The catalogue's rows of a table that takes the sink's.
std::vector<postgres_row> columns_of(const config::sink& of) {
  std::vector<postgres_row> made;
  const postgres_table table{of};
  for (const auto& each : table.columns())
    made.push_back({each.name, each.type, each.required ? "t" : "f", "r"});
  return made;
}

struct server {
  std::vector<postgres_row> columns;
  std::vector<postgres_row> keys{{"_offset,_partition,_topic"}};
  std::vector<std::string> asked;
  std::vector<postgres_copy> copied;
  std::function<postgres_failure(const std::string& lines)> fails = [](const std::string&) {
    return postgres_failure{};
  };
  postgres_failure down; ///< with a message: what every question meets
  std::vector<std::int64_t> refused;
};

class played final : public postgres_session {
public:
  played(server& by, const config::sink& of)
      : by_(by)
      , of_(of) {}
  bool ask(const std::string& sql, std::vector<postgres_row>& rows, postgres_failure& why) override {
    by_.asked.push_back(sql);
    why = by_.down;
    if (!why.message.empty())
      return false;
    if (sql.starts_with("CREATE"))
      by_.columns = columns_of(of_);
    else
      rows = sql.find("pg_index") != std::string::npos ? by_.keys : by_.columns;
    return true;
  }
  bool copy(const postgres_copy& what, postgres_failure& why) override {
    why = by_.fails(what.lines);
    if (why.message.empty())
      by_.copied.push_back(what);
    return why.message.empty();
  }

private:
  server& by_;
  config::sink of_;
};

postgres_sink sink_into(server& to, const config::sink& of = table_of(), row_batches::bounds most = {100, 100'000}) {
  return {of, std::make_unique<played>(to, of),
          [&to](const analytics::sink_rows&, const analytics::sink_row& row, const std::string&) -> expected<void> {
            to.refused.push_back(row.offset);
            return {};
          },
          most};
}

} // namespace

CAF_TEST(a table that is not there is made and one that is there is left as it is) {
  server to;
  auto sut = sink_into(to);
  CAF_REQUIRE(sut.take_over("clicks", 3));
  CAF_CHECK_EQUAL(
      to.asked.at(1),
      R"(CREATE TABLE IF NOT EXISTS "lake"."clicks" ("_topic" text NOT NULL, "_partition" integer NOT NULL, )"
      R"("_offset" bigint NOT NULL, "_time" timestamp with time zone, "_key" text, "body" jsonb, "_raw" text, )"
      R"(PRIMARY KEY (_topic, _partition, _offset)))");
  to.asked.clear();
  CAF_REQUIRE(sut.take_over("clicks", 3));
  for (const auto& sql : to.asked)
    CAF_CHECK(sql.starts_with("SELECT"));
}

CAF_TEST(results replace each other by their id) {
  auto of = table_of();
  of.of = config::sink_content::alerts;
  const postgres_table table{of};
  CAF_CHECK(table.create().find(R"("_key" text NOT NULL)") != std::string::npos);
  CAF_CHECK(table.create().ends_with("PRIMARY KEY (_key))"));
  CAF_CHECK(table.upsert().find("ON CONFLICT (_key) DO UPDATE SET \"_topic\" = EXCLUDED.\"_topic\"") !=
            std::string::npos);
}

CAF_TEST(names of columns are taken whatever they hold) {
  const postgres_table table{table_of({{R"(a"); DROP TABLE x; --)", config::column_kind::time}})};
  CAF_CHECK(table.create_staging().find(R"("a""); DROP TABLE x; --" timestamp with time zone, "_raw" text)") !=
            std::string::npos);
}

CAF_TEST(how a table differs is told and it is not touched) {
  const auto told = [](const std::function<void(server&)>& change) -> std::string {
    server to;
    to.columns = columns_of(table_of({{"n", config::column_kind::integer}}));
    change(to);
    const auto done = sink_into(to, table_of({{"n", config::column_kind::integer}})).take_over("clicks", 3);
    if (done)
      return "nothing";
    CAF_CHECK(done.error().kind == error_kind::conflict);
    CAF_CHECK(!done.error().retryable);
    CAF_CHECK(done.error().message.starts_with("postgresql://me@host/base: the table lake.clicks does not take"));
    for (const auto& sql : to.asked)
      CAF_CHECK(sql.starts_with("SELECT"));
    return done.error().message;
  };
  const auto says = [&](const std::function<void(server&)>& change, const std::string& words) {
    const auto said = told(change);
    CAF_CHECK(said.find(words) != std::string::npos);
  };
  constexpr std::size_t n = 5;
  CAF_CHECK_EQUAL(told([](server&) {}), "nothing");
  CAF_CHECK_EQUAL(told([](server& to) { to.columns.push_back({"note", "text", "f", "r"}); }), "nothing");
  CAF_CHECK_EQUAL(told([](server& to) { to.keys.insert(to.keys.begin(), {"n"}); }), "nothing");
  says([](server& to) { to.columns[n][1] = "numeric"; }, ": its column n is numeric, not bigint;");
  says([](server& to) { to.columns[n][2] = "t"; }, ": its column n is NOT NULL;");
  says([](server& to) { to.columns.erase(to.columns.begin() + n); }, ": it has no column n bigint;");
  says([](server& to) { to.columns.push_back({"must", "text", "t", "r"}); }, ": its column must is NOT NULL without");
  says([](server& to) { to.keys = {{"_offset,_partition"}}; }, "nothing makes (_topic, _partition, _offset) unique");
  says([](server& to) { to.columns.front()[3] = "v"; }, "it is no table");
}

CAF_TEST(rows are copied in batches and then put into the table) {
  server to;
  auto sut = sink_into(to, table_of(), {2, 100'000});
  CAF_REQUIRE(sut.put(rows_of({"{}", "{}", "{}"})));
  CAF_REQUIRE_EQUAL(to.copied.size(), 2u);
  CAF_CHECK_EQUAL(to.copied[0].lines, "clicks\t3\t10\t2026-01-05T08:00:00.000Z\tk\t{}\t\\N\n"
                                      "clicks\t3\t11\t2026-01-05T08:00:00.000Z\tk\t{}\t\\N\n");
  CAF_CHECK(to.copied[0].before.starts_with("CREATE TEMPORARY TABLE throng_rows ("));
  CAF_CHECK(to.copied[0].before.ends_with("ON COMMIT DROP"));
  CAF_CHECK(to.copied[0].behind.starts_with(R"(INSERT INTO "lake"."clicks" ("_topic", )"));
}

CAF_TEST(a row that the server refuses is found by halves) {
  server to;
  to.fails = [](const std::string& lines) {
    return lines.find("bad") != std::string::npos ? postgres_failure{"22021", "invalid"} : postgres_failure{};
  };
  auto sut = sink_into(to);
  CAF_REQUIRE(sut.put(rows_of({"{}", "{}", R"({"a":"bad"})", "{}", "{}"})));
  CAF_CHECK(to.refused == std::vector<std::int64_t>{12});
  std::size_t rows = 0;
  for (const auto& each : to.copied)
    rows += static_cast<std::size_t>(std::count(each.lines.begin(), each.lines.end(), '\n'));
  CAF_CHECK_EQUAL(rows, 4u);
}

CAF_TEST(what time mends is tried again and what it does not is not ) {
  const auto after = [](const postgres_failure& why) {
    server to;
    to.fails = [&](const std::string&) { return why; };
    auto sut = sink_into(to);
    const auto done = sut.put(rows_of({"{}"}));
    CAF_REQUIRE(!done);
    CAF_CHECK(to.refused.empty());
    CAF_CHECK(done.error().message.starts_with("postgresql://me@host/base: "));
    return done.error();
  };
  for (const auto* state : {"", "08006", "40001", "40P01", "53100", "55P03", "57014", "57P01", "58030", "25006"})
    CAF_CHECK(after({state, "gone"}).retryable);
  for (const auto* state : {"42P01", "42703", "42501", "0A000", "XX000"})
    CAF_CHECK(!after({state, "no"}).retryable);
  CAF_CHECK(after({"42501", "permission denied for table clicks"}).kind == error_kind::denied);
  const auto denied =
      after({"", "connection to server failed: FATAL:  password authentication failed for user \"me\""});
  CAF_CHECK(denied.kind == error_kind::denied);
  CAF_CHECK(!denied.retryable);
  CAF_CHECK(after({"", "connection to server failed: FATAL:  the database system is starting up"}).retryable);
}

CAF_TEST(a server that is down is asked again for its table) {
  server to;
  to.down = {"", "Connection refused"};
  auto sut = sink_into(to);
  const auto done = sut.take_over("clicks", 3);
  CAF_REQUIRE(!done);
  CAF_CHECK(done.error().retryable);
}

CAF_TEST(every wait of libpq has a limit and a file of an authority is used) {
  auto of = table_of();
  CAF_CHECK_EQUAL(postgres_uri(of), "postgresql://me@host/base?sslmode=require&connect_timeout=5&"
                                    "fallback_application_name=throng&client_encoding=UTF8");
  of.ca_file = "/etc/ssl/our ca.pem";
  of.to = "postgresql://host/base?connect_timeout=9";
  CAF_CHECK_EQUAL(postgres_uri(of), "postgresql://host/base?connect_timeout=9&sslrootcert=/etc/ssl/our%20ca.pem&"
                                    "sslmode=verify-full&fallback_application_name=throng&client_encoding=UTF8");
}
