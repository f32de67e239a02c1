#include "storage/sqlite_schema.hpp"

#include <iterator>

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

namespace throng::storage {

namespace {

constexpr int application_id = 0x5468726f; // "Thro"
constexpr int schema_version = 1;

/// What the file holds already, by the two numbers that SQLite leaves to programs.
enum class holds { nothing, ours };

expected<holds> look(sqlite_connection& in, const std::string& file) {
  auto id = in.database().execAndGet("PRAGMA application_id").getInt();
  auto version = in.database().execAndGet("PRAGMA user_version").getInt();
  auto tables = in.database().execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (id == 0 && tables == 0)
    return holds::nothing;
  if (id != application_id)
    return fail(error_kind::invalid, fmt::format("{}: it is a database of another program; give another file", file));
  if (version != schema_version)
    return fail(error_kind::invalid,
                fmt::format("{}: it has version {} of the tables, and this throng knows version {}: use the throng "
                            "that made it, or another file",
                            file, version, schema_version));
  return holds::ours;
}

std::string make_tables() {
  std::string sql;
  auto out = std::back_inserter(sql);
  for (auto which : all_collections) {
    auto table = analytics::name(which);
    fmt::format_to(out, "CREATE TABLE {} (id TEXT NOT NULL PRIMARY KEY", table);
    for (auto field : layout_of(which).fields)
      fmt::format_to(out, ", {}",
                     field_column(field)); // no type, so no affinity: text stays text, numbers stay numbers
    fmt::format_to(out, R"(, generation INTEGER NOT NULL, "write" INTEGER NOT NULL, "offset" INTEGER NOT NULL)");
    fmt::format_to(out, ", deleted INTEGER NOT NULL, body TEXT NOT NULL, state BLOB NOT NULL);\n");
    int number = 0;
    for (const auto& index : layout_of(which).indexes) {
      fmt::format_to(out, "CREATE INDEX {}_{} ON {} (", table, ++number, table);
      for (std::size_t i = 0; i < index.size(); ++i)
        fmt::format_to(out, "{}{}", i == 0 ? "" : ", ", field_column(index[i]));
      fmt::format_to(out, ");\n");
    }
    fmt::format_to(out, "CREATE INDEX {}_tombstones ON {} (generation) WHERE deleted = 1;\n", table, table);
  }
  sql += R"(
    CREATE TABLE checkpoints (id TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, generation INTEGER NOT NULL,
                              writer TEXT NOT NULL, content TEXT NOT NULL);
    CREATE TABLE checkpoint_chunks (id TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE records (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  )";
  fmt::format_to(out, "PRAGMA application_id={}; PRAGMA user_version={};", application_id, schema_version);
  return sql;
}

} // namespace

std::string field_column(std::string_view field) {
  return field == "offset" ? R"("offset")" : fmt::format("\"f_{}\"", field);
}

std::string guarded_upsert(analytics::collection which) {
  auto table = analytics::name(which);
  std::string columns = "id";
  std::string values = "?";
  std::string assignments;
  auto add = [&](std::string_view column) {
    fmt::format_to(std::back_inserter(columns), ", {}", column);
    values += ", ?";
    fmt::format_to(std::back_inserter(assignments), "{}{} = excluded.{}", assignments.empty() ? "" : ", ", column,
                   column);
  };
  for (auto field : layout_of(which).fields)
    add(field_column(field));
  for (std::string_view column : {"generation", "\"write\"", "\"offset\"", "deleted", "body", "state"})
    add(column);
  return fmt::format(
      "INSERT INTO {0} ({1}) VALUES ({2}) ON CONFLICT (id) DO UPDATE SET {3} "
      "WHERE {0}.generation < excluded.generation OR ({0}.generation = excluded.generation AND {0}.\"write\" <= "
      "excluded.\"write\")",
      table, columns, values, assignments);
}

where_clause::where_clause(const std::vector<condition>& conditions) {
  for (const auto& c : conditions)
    add(c);
}

void where_clause::add(const condition& c) {
  auto out = std::back_inserter(sql_);
  auto column = field_column(c.field);
  if (c.is == condition::comparison::in) {
    fmt::format_to(out, " AND {} IN (", column);
    const auto& list = c.value.get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      sql_ += i == 0 ? "?" : ", ?";
      values_.push_back(&list[i]);
    }
    sql_ += ")";
    return;
  }
  if (c.value.is_null()) {
    fmt::format_to(out, " AND {} IS NULL", column);
    return;
  }
  constexpr std::string_view signs[] = {"=", "IN", "<", "<=", ">", ">="};
  fmt::format_to(out, " AND {} {} ?", column, signs[static_cast<std::size_t>(c.is)]);
  // SQLite orders all text after all numbers; MongoDB compares within a type only.
  if (c.is != condition::comparison::eq)
    fmt::format_to(out, " AND typeof({}) {}", column, c.value.is_string() ? "= 'text'" : "IN ('integer', 'real')");
  values_.push_back(&c.value);
}

expected<void> make_schema(sqlite_connection& in, const std::string& file) {
  auto held = look(in, file);
  if (held && *held == holds::nothing) {
    SQLite::Transaction transaction{in.database(), SQLite::TransactionBehavior::IMMEDIATE};
    // Another program may have made them while this one waited for the lock.
    held = look(in, file);
    if (held && *held == holds::nothing)
      in.database().exec(make_tables());
    transaction.commit();
  }
  return held.map([](holds) {});
}

expected<void> check_schema(sqlite_connection& in, const std::string& file) {
  auto held = look(in, file);
  if (held && *held == holds::nothing)
    return fail(error_kind::not_found, fmt::format("{}: it holds no results yet", file));
  return held.map([](holds) {});
}

} // namespace throng::storage
