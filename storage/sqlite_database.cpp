#include "storage/sqlite_database.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/sqlite_schema.hpp"

namespace throng::storage {

namespace {

using access = sqlite_connection::access;

expected<void> check_place(const std::string& file, bool read_only) {
  std::error_code ec;
  std::filesystem::path path{file};
  if (file.empty())
    return fail(error_kind::invalid, "sqlite: names no file; give sqlite:FILE");
  if (std::filesystem::is_directory(path, ec))
    return fail(error_kind::invalid, fmt::format("{}: it is a folder; give a file in it", file));
  if (std::filesystem::exists(path, ec))
    return {};
  if (read_only)
    return fail(error_kind::not_found, fmt::format("{}: there is no such file; a run or analysis makes it", file));
  auto folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ec))
    return fail(error_kind::not_found,
                fmt::format("{}: the folder {} does not exist; make it first", file, folder.string()));
  return {};
}

/// Only what has left no WAL behind may be read as if nobody ever wrote it.
bool settled(const std::string& file) {
  std::error_code ec;
  auto size = std::filesystem::file_size(file + "-wal", ec);
  return ec || size == 0;
}

expected<std::unique_ptr<sqlite_connection>> open_reader(const std::string& file, access as,
                                                         std::chrono::milliseconds busy) {
  auto reader = std::make_unique<sqlite_connection>(file, as, busy);
  if (auto fits = check_schema(*reader, file); !fits)
    return tl::unexpected(fits.error());
  return reader;
}

expected<std::unique_ptr<sqlite_connection>> open_reader(const std::string& file, std::chrono::milliseconds busy) {
  try {
    return open_reader(file, access::read, busy);
  } catch (const SQLite::Exception& e) {
    // A WAL database keeps its index in a file beside it: where that can't be made, it can't be read the common way.
    bool no_index = e.getErrorCode() == SQLITE_CANTOPEN || e.getErrorCode() == SQLITE_READONLY;
    if (!no_index || !settled(file))
      throw;
  }
  return open_reader(file, access::read_immutable, busy);
}

} // namespace

expected<std::unique_ptr<sqlite_database>> sqlite_database::open(const std::string& file, bool read_only,
                                                                 std::chrono::milliseconds busy) {
  if (auto place = check_place(file, read_only); !place)
    return tl::unexpected(place.error());
  try {
    std::unique_ptr<sqlite_connection> writer;
    if (!read_only) {
      writer = std::make_unique<sqlite_connection>(file, access::read_write, busy);
      if (auto made = make_schema(*writer, file); !made)
        return tl::unexpected(made.error());
    }
    auto reader = open_reader(file, busy);
    if (!reader)
      return tl::unexpected(reader.error());
    return std::make_unique<sqlite_database>(file, std::move(writer), std::move(*reader));
  } catch (const SQLite::Exception& e) {
    return tl::unexpected(sqlite_error(e, file));
  }
}

} // namespace throng::storage
