#include "storage/sqlite_checkpoints.hpp"

#include "storage/layout.hpp"
#include "storage/sqlite_values.hpp"

namespace throng::storage {

namespace {

header_document header_of(SQLite::Statement& row) {
  return {bytes_of(row.getColumn(0)), unsigned_of(row.getColumn(1)), unsigned_of(row.getColumn(2)),
          bytes_of(row.getColumn(3)), bytes_of(row.getColumn(4))};
}

} // namespace

expected<std::optional<header_document>> read_header(sqlite_connection& from, std::string_view id) {
  auto statement = from.prepared("SELECT id, epoch, generation, writer, content FROM checkpoints WHERE id = ?");
  statement->bind(1, std::string(id));
  if (!statement->executeStep())
    return std::nullopt;
  return header_of(*statement);
}

expected<std::vector<header_document>> read_headers(sqlite_connection& from, std::string_view prefix) {
  auto statement = from.prepared(
      "SELECT id, epoch, generation, writer, content FROM checkpoints WHERE id >= ? AND id < ? ORDER BY id");
  statement->bind(1, std::string(prefix));
  statement->bind(2, end_of_prefix(prefix));
  std::vector<header_document> out;
  while (statement->executeStep())
    out.push_back(header_of(*statement));
  return out;
}

expected<bool> replace_header(sqlite_connection& in, const header_document& next,
                              const std::optional<header_document>& expected_now) {
  auto now = read_header(in, next.id);
  if (!now)
    return tl::unexpected(now.error());
  if (now->has_value() != expected_now.has_value() ||
      (expected_now && ((*now)->epoch != expected_now->epoch || (*now)->writer != expected_now->writer)))
    return false;
  auto statement =
      in.prepared("INSERT OR REPLACE INTO checkpoints (id, epoch, generation, writer, content) VALUES (?, ?, ?, ?, ?)");
  statement->bindNoCopy(1, next.id);
  bind_unsigned(*statement, 2, next.epoch);
  bind_unsigned(*statement, 3, next.generation);
  statement->bindNoCopy(4, next.writer);
  statement->bindNoCopy(5, next.content);
  statement->exec();
  return true;
}

void empty_headers(sqlite_connection& in) {
  auto statement =
      in.prepared("UPDATE checkpoints SET epoch = epoch + 1, writer = '', content = '' WHERE id < ? OR id >= ?");
  statement->bind(1, std::string(source_positions_prefix));
  statement->bind(2, end_of_prefix(source_positions_prefix));
  statement->exec();
}

expected<void> put_chunk(sqlite_connection& into, std::string_view id, std::string_view bytes) {
  auto statement = into.prepared("INSERT OR REPLACE INTO checkpoint_chunks (id, bytes) VALUES (?, ?)");
  statement->bind(1, std::string(id));
  bind_bytes(*statement, 2, bytes);
  statement->exec();
  return {};
}

expected<std::optional<std::string>> read_chunk(sqlite_connection& from, std::string_view id) {
  auto statement = from.prepared("SELECT bytes FROM checkpoint_chunks WHERE id = ?");
  statement->bind(1, std::string(id));
  if (!statement->executeStep())
    return std::nullopt;
  return bytes_of(statement->getColumn(0));
}

expected<std::vector<std::string>> read_chunk_ids(sqlite_connection& from, std::string_view prefix) {
  auto statement = from.prepared("SELECT id FROM checkpoint_chunks WHERE id >= ? AND id < ? ORDER BY id");
  statement->bind(1, std::string(prefix));
  statement->bind(2, end_of_prefix(prefix));
  std::vector<std::string> out;
  while (statement->executeStep())
    out.push_back(bytes_of(statement->getColumn(0)));
  return out;
}

expected<void> remove_chunks(sqlite_connection& from, const std::vector<std::string>& ids) {
  auto statement = from.prepared("DELETE FROM checkpoint_chunks WHERE id = ?");
  for (const auto& id : ids) {
    statement->bindNoCopy(1, id);
    statement->exec();
    statement->reset();
  }
  return {};
}

void remove_all_chunks(sqlite_connection& from) {
  from.database().exec("DELETE FROM checkpoint_chunks");
}

} // namespace throng::storage
