// The table of a sink of PostgreSQL: its columns, the SQL that makes and fills it, and how one that is there differs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/pipeline.hpp"
#include "sinks/postgres_module.hpp"

namespace throng::sinks {

class postgres_table {
public:
  struct column {
    std::string name;
    std::string type;      ///< as format_type() names it
    bool required = false; ///< NOT NULL
  };

  explicit postgres_table(const config::sink& of);

  const std::vector<column>& columns() const {
    return columns_;
  }
  /// Their names as SQL has them.
  std::vector<std::string> names() const;

  /// Where rows are copied to first: it goes with its transaction.
  static constexpr const char* staging = "throng_rows";
  std::string create_staging() const;
  /// From there into the table; a row of the same key is replaced.
  std::string upsert() const;
  /// Does nothing where the table is there.
  std::string create() const;

  /// A row for each column of the table: name, type, whether it must be given, what kind of relation has it. None: there is no such table.
  std::string ask_columns() const;
  /// A row for each set of columns that are unique together: their names in order, with commas.
  std::string ask_keys() const;
  /// How a table differs, in one sentence; none: it takes the rows.
  std::optional<std::string> difference(const std::vector<postgres_row>& columns,
                                        const std::vector<postgres_row>& keys) const;

private:
  std::string column_list() const;

  std::string table_; ///< quoted
  std::vector<column> columns_;
  std::vector<std::string> key_;
};

/// As SQL takes it whatever it holds.
std::string quoted_name(std::string_view name);

} // namespace throng::sinks
