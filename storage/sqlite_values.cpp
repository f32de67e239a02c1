#include "storage/sqlite_values.hpp"

#include <limits>

namespace throng::storage {

namespace {

/// A number, not 64 bits: it must compare as what it is.
void bind_number(SQLite::Statement& to, int at, std::uint64_t x) {
  if (x <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    to.bind(at, static_cast<std::int64_t>(x));
  else
    to.bind(at, static_cast<double>(x));
}

} // namespace

void bind_unsigned(SQLite::Statement& to, int at, std::uint64_t x) {
  to.bind(at, static_cast<std::int64_t>(x));
}

std::uint64_t unsigned_of(const SQLite::Column& x) {
  return static_cast<std::uint64_t>(x.getInt64());
}

void bind_bytes(SQLite::Statement& to, int at, std::string_view bytes) {
  // A null pointer would bind NULL.
  to.bindNoCopy(at, bytes.empty() ? static_cast<const void*>("") : bytes.data(), static_cast<int>(bytes.size()));
}

std::string_view view_of(const SQLite::Column& x) {
  const auto* bytes = static_cast<const char*>(x.getBlob());
  return bytes == nullptr ? std::string_view{} : std::string_view(bytes, static_cast<std::size_t>(x.getBytes()));
}

std::string bytes_of(const SQLite::Column& x) {
  return std::string(view_of(x));
}

void bind_value(SQLite::Statement& to, int at, const boost::json::value* x) {
  static const boost::json::value null;
  const auto& given = x == nullptr ? null : *x;
  if (given.is_string())
    to.bind(at, std::string(given.get_string()));
  else if (given.is_int64())
    to.bind(at, static_cast<std::int64_t>(given.get_int64()));
  else if (given.is_uint64())
    bind_number(to, at, given.get_uint64());
  else if (given.is_double())
    to.bind(at, given.get_double());
  else
    to.bind(at);
}

} // namespace throng::storage
