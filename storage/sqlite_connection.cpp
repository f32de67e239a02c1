#include "storage/sqlite_connection.hpp"

namespace throng::storage {

namespace {

int flags_of(sqlite_connection::access as) {
  if (as == sqlite_connection::access::read_write)
    return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  return SQLite::OPEN_READONLY | (as == sqlite_connection::access::read_immutable ? SQLite::OPEN_URI : 0);
}

/// A path as the file: URI that SQLite takes options in.
std::string immutable_uri(const std::string& file) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out = "file:";
  for (char c : file) {
    if (c != '%' && c != '?' && c != '#') {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(hex[static_cast<unsigned char>(c) >> 4U]);
    out.push_back(hex[static_cast<unsigned char>(c) & 15U]);
  }
  return out + "?immutable=1";
}

} // namespace

sqlite_connection::sqlite_connection(const std::string& file, access as, std::chrono::milliseconds busy)
    : database_(as == access::read_immutable ? immutable_uri(file) : file, flags_of(as),
                static_cast<int>(busy.count())) {
  // 64 MiB of pages: with the default 2 MiB, upserts on random keys run at a third of the speed.
  database_.exec("PRAGMA cache_size=-65536");
  if (as != access::read_write)
    return;
  // In WAL mode NORMAL syncs at checkpoints only: a crash of the program loses nothing, one of the machine at most the newest
  // transactions, in order, so a header never outlives the results it vouches for.
  if (database_.execAndGet("PRAGMA journal_mode").getString() != "wal")
    database_.exec("PRAGMA journal_mode=WAL");
  database_.exec("PRAGMA synchronous=NORMAL");
  database_.exec("PRAGMA wal_autocheckpoint=4000");
}

sqlite_connection::use sqlite_connection::prepared(const std::string& sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end())
    found = statements_.emplace(sql, SQLite::Statement{database_, sql}).first;
  return use{found->second};
}

} // namespace throng::storage
