#include "sinks/postgres_table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace throng::sinks {

namespace {

const char* type_of(config::column_kind kind) {
  switch (kind) {
  case config::column_kind::boolean:
    return "boolean";
  case config::column_kind::integer:
    return "bigint";
  case config::column_kind::number:
    return "double precision";
  case config::column_kind::text:
    return "text";
  case config::column_kind::time:
    return "timestamp with time zone";
  }
  return "text";
}

} // namespace

std::string quoted_name(std::string_view name) {
  std::string made = "\"";
  for (const auto c : name)
    made += c == '"' ? "\"\"" : std::string{c};
  return made + "\"";
}

postgres_table::postgres_table(const config::sink& of) {
  const auto dot = of.table.find('.');
  table_ = dot == std::string::npos ? quoted_name(of.table)
                                    : quoted_name(std::string_view{of.table}.substr(0, dot)) + "." +
                                          quoted_name(std::string_view{of.table}.substr(dot + 1));
  const auto results = of.of != config::sink_content::events;
  columns_ = {{"_topic", "text", true},
              {"_partition", "integer", true},
              {"_offset", "bigint", true},
              {"_time", "timestamp with time zone"},
              {"_key", "text", results}};
  for (const auto& [name, kind] : of.columns)
    columns_.push_back({name, type_of(kind)});
  if (of.columns.empty())
    columns_.push_back({"body", "jsonb"});
  columns_.push_back({"_raw", "text"});
  key_ = results ? std::vector<std::string>{"_key"} : std::vector<std::string>{"_topic", "_partition", "_offset"};
}

std::vector<std::string> postgres_table::names() const {
  std::vector<std::string> made;
  for (const auto& each : columns_)
    made.push_back(quoted_name(each.name));
  return made;
}

std::string postgres_table::column_list() const {
  std::string made;
  for (const auto& each : columns_)
    made += fmt::format("{}{} {}{}", made.empty() ? "" : ", ", quoted_name(each.name), each.type,
                        each.required ? " NOT NULL" : "");
  return made;
}

std::string postgres_table::create_staging() const {
  return fmt::format("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP", staging, column_list());
}

std::string postgres_table::upsert() const {
  const auto list = fmt::format("{}", fmt::join(names(), ", "));
  std::string changes;
  for (const auto& each : columns_)
    if (std::find(key_.begin(), key_.end(), each.name) == key_.end())
      changes += fmt::format("{}{} = EXCLUDED.{}", changes.empty() ? "" : ", ", quoted_name(each.name),
                             quoted_name(each.name));
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM pg_temp.{} ON CONFLICT ({}) DO UPDATE SET {}", table_, list,
                     list, staging, fmt::join(key_, ", "), changes);
}

std::string postgres_table::create() const {
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))", table_, column_list(),
                     fmt::join(key_, ", "));
}

// A table's name has nothing that a literal would have to escape: the schema says what it may hold.
std::string postgres_table::ask_columns() const {
  return fmt::format("SELECT a.attname, format_type(a.atttypid, a.atttypmod), "
                     "a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', c.relkind "
                     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
                     "WHERE c.oid = to_regclass('{}') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                     table_);
}

std::string postgres_table::ask_keys() const {
  return fmt::format("SELECT string_agg(a.attname, ',' ORDER BY a.attname) "
                     "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid "
                     "AND a.attnum = ANY (i.indkey) WHERE i.indrelid = to_regclass('{}') AND i.indisunique "
                     "AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL "
                     "AND i.indnkeyatts = i.indnatts GROUP BY i.indexrelid",
                     table_);
}

std::optional<std::string> postgres_table::difference(const std::vector<postgres_row>& columns,
                                                      const std::vector<postgres_row>& keys) const {
  constexpr std::size_t name = 0;
  constexpr std::size_t type = 1;
  constexpr std::size_t required = 2;
  constexpr std::size_t relation = 3;
  const auto said = [](const postgres_row& row, std::size_t place) { return row.at(place).value_or(""); };
  std::vector<std::string> wrong;
  for (const auto& wanted : columns_) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const postgres_row& row) { return said(row, name) == wanted.name; });
    if (found == columns.end())
      wrong.push_back(fmt::format("it has no column {} {}", wanted.name, wanted.type));
    else if (said(*found, type) != wanted.type)
      wrong.push_back(fmt::format("its column {} is {}, not {}", wanted.name, said(*found, type), wanted.type));
    else if (said(*found, required) == "t" && !wanted.required)
      wrong.push_back(fmt::format("its column {} is NOT NULL", wanted.name));
  }
  for (const auto& row : columns) {
    if (const auto kind = said(row, relation); kind != "r" && kind != "p")
      return "it is no table";
    const auto ours = std::any_of(columns_.begin(), columns_.end(),
                                  [&](const column& wanted) { return wanted.name == said(row, name); });
    if (!ours && said(row, required) == "t")
      wrong.push_back(fmt::format("its column {} is NOT NULL without a default, and no row has it", said(row, name)));
  }
  auto sorted = key_;
  std::sort(sorted.begin(), sorted.end());
  const auto key = fmt::format("{}", fmt::join(sorted, ","));
  if (std::none_of(keys.begin(), keys.end(), [&](const postgres_row& row) { return said(row, 0) == key; }))
    wrong.push_back(fmt::format("nothing makes ({}) unique", fmt::join(key_, ", ")));
  if (wrong.empty())
    return std::nullopt;
  return fmt::format("{}", fmt::join(wrong, "; "));
}

} // namespace throng::sinks
