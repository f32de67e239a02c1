// Values between ours and SQLite's: what is bound to a statement, what a column holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <boost/json/value.hpp>

namespace throng::storage {

/// SQLite knows signed integers only: the same 64 bits.
void bind_unsigned(SQLite::Statement& to, int at, std::uint64_t x);
std::uint64_t unsigned_of(const SQLite::Column& x);

/// @param bytes not copied: they must outlive the statement's use
void bind_bytes(SQLite::Statement& to, int at, std::string_view bytes);
/// Of text as well; empty for null. Until the statement's next step.
std::string_view view_of(const SQLite::Column& x);
std::string bytes_of(const SQLite::Column& x);

/// Binds a field's or a compared value; null for what is neither text nor a number.
void bind_value(SQLite::Statement& to, int at, const boost::json::value* x);

} // namespace throng::storage
