// Checkpoint headers and chunks in SQLite's tables: result_store's primitives, word for word, within a transaction of the caller's. Which to
// trust is checkpoint_log's. All throw SQLite::Exception.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/result_store.hpp"
#include "storage/sqlite_connection.hpp"

namespace throng::storage {

expected<std::optional<header_document>> read_header(sqlite_connection& from, std::string_view id);
expected<std::vector<header_document>> read_headers(sqlite_connection& from, std::string_view prefix);
expected<bool> replace_header(sqlite_connection& in, const header_document& next,
                              const std::optional<header_document>& expected_now);
/// Fences whoever holds a header: a raised epoch, no writer, no content.
void empty_headers(sqlite_connection& in);

expected<void> put_chunk(sqlite_connection& into, std::string_view id, std::string_view bytes);
expected<std::optional<std::string>> read_chunk(sqlite_connection& from, std::string_view id);
expected<std::vector<std::string>> read_chunk_ids(sqlite_connection& from, std::string_view prefix);
expected<void> remove_chunks(sqlite_connection& from, const std::vector<std::string>& ids);
void remove_all_chunks(sqlite_connection& from);

} // namespace throng::storage
