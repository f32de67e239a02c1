// The tables of an SQLite store, and the pieces of SQL that follow from a collection's layout.
#pragma once

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "storage/layout.hpp"
#include "storage/sqlite_connection.hpp"

namespace throng::storage {

/// The column of a queryable field; of the stamp for `offset`.
std::string field_column(std::string_view field);

/// Insert or replace under the guard of semantics.md 6. To bind: id, the layout's fields, generation, write, offset, deleted, body, state.
std::string guarded_upsert(analytics::collection which);

/// Conditions as ` AND …`, with the same meaning as MongoDB gives them. Refers to their values, which must outlive it.
class where_clause {
public:
  explicit where_clause(const std::vector<condition>& conditions);
  const std::string& sql() const {
    return sql_;
  }
  /// What to bind, in order.
  const std::vector<const boost::json::value*>& values() const {
    return values_;
  }

private:
  void add(const condition& c);

  std::string sql_;
  std::vector<const boost::json::value*> values_;
};

/// Makes tables and indexes where there are none. Throws SQLite::Exception.
/// invalid: the file is another program's, or of another version.
expected<void> make_schema(sqlite_connection& in, const std::string& file);

/// Whether there is anything to read. Throws SQLite::Exception.
/// not_found: nothing has been written yet; invalid as in make_schema.
expected<void> check_schema(sqlite_connection& in, const std::string& file);

} // namespace throng::storage
