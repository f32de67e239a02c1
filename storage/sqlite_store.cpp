#include "storage/sqlite_store.hpp"

#include <filesystem>
#include <mutex>

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/json_text.hpp"
#include "storage/layout.hpp"
#include "storage/sqlite_connection.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/sqlite_schema.hpp"

namespace throng::storage {

namespace {

namespace json = boost::json;
using access = sqlite_connection::access;

// Columns that find reads after the id.
constexpr std::string_view stamp_columns = R"(generation, "write", "offset", deleted, body, state)";

std::int64_t signed_of(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

std::uint64_t unsigned_of(const SQLite::Column& x) {
  return static_cast<std::uint64_t>(x.getInt64());
}

std::string bytes_of(const SQLite::Column& x) {
  const auto* bytes = static_cast<const char*>(x.getBlob());
  return bytes == nullptr ? std::string{} : std::string(bytes, static_cast<std::size_t>(x.getBytes()));
}

void bind_bytes(SQLite::Statement& to, int at, std::string_view bytes) {
  // A null pointer would bind NULL.
  to.bindNoCopy(at, bytes.empty() ? static_cast<const void*>("") : bytes.data(), static_cast<int>(bytes.size()));
}

class sqlite_store final : public result_store {
public:
  sqlite_store(std::string file, std::unique_ptr<sqlite_connection> writer, std::unique_ptr<sqlite_connection> reader)
      : file_(std::move(file))
      , writer_(std::move(writer))
      , reader_(std::move(reader)) {
    for (auto which : all_collections) {
      upserts_.push_back(guarded_upsert(which));
      stamps_.push_back(fmt::format("SELECT generation FROM {} WHERE id = ?", analytics::name(which)));
    }
  }

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    return writing([&](sqlite_connection& to) -> expected<write_summary> {
      write_summary sum;
      for (const auto& document : batch)
        write_one(to, document, sum);
      return sum;
    });
  }

  expected<std::vector<stored_document>> find(const find_query& query) override {
    if (auto fits = check_query(query); !fits)
      return tl::unexpected(fits.error());
    where_clause where{query.conditions};
    auto sql = fmt::format(
        "SELECT id, {} FROM {} WHERE deleted = 0{} ORDER BY {}id{}", stamp_columns, analytics::name(query.from),
        where.sql(), query.order_by.empty() ? "" : field_column(query.order_by) + (query.descending ? " DESC, " : ", "),
        query.order_by.empty() && query.descending ? " DESC" : "");
    if (query.limit > 0)
      sql += fmt::format(" LIMIT {}", query.limit);
    return reading([&](sqlite_connection& from) -> expected<std::vector<stored_document>> {
      // Not prepared(): the variety of these has no bound.
      SQLite::Statement statement{from.database(), sql};
      int at = 0;
      for (const auto* x : where.values())
        bind_value(statement, ++at, x);
      std::vector<stored_document> out;
      while (statement.executeStep()) {
        auto body = parse_json_object(bytes_of(statement.getColumn(5)));
        if (!body)
          return fail(error_kind::corrupt, fmt::format("{}: {}", file_, body.error().message));
        out.push_back({bytes_of(statement.getColumn(0)), std::move(*body), bytes_of(statement.getColumn(6)),
                       stamp{unsigned_of(statement.getColumn(1)), unsigned_of(statement.getColumn(2))},
                       statement.getColumn(3).getInt64()});
      }
      return out;
    });
  }

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    return writing([&](sqlite_connection& to) -> expected<std::uint64_t> {
      std::uint64_t removed = 0;
      for (const auto& owned : owned_by(owner, topic, partition)) {
        where_clause where{owned.conditions};
        for (std::string_view which : {"\"offset\" >= ?", "deleted = 1"}) {
          auto statement = to.prepared(fmt::format("DELETE FROM {} WHERE generation < ?{} AND {}",
                                                   analytics::name(owned.in), where.sql(), which));
          int at = 0;
          statement->bind(++at, signed_of(generation));
          for (const auto* x : where.values())
            bind_value(*statement, ++at, x);
          if (which.back() == '?')
            statement->bind(++at, offset);
          removed += static_cast<std::uint64_t>(statement->exec());
        }
      }
      return removed;
    });
  }

  expected<void> remove_pipeline(std::string_view pipeline) override {
    return writing([&](sqlite_connection& to) -> expected<void> {
      for (auto which : {analytics::collection::windows, analytics::collection::alerts}) {
        auto statement =
            to.prepared(fmt::format("DELETE FROM {} WHERE {} = ?", analytics::name(which), field_column("pipeline")));
        statement->bind(1, std::string(pipeline));
        statement->exec();
      }
      return {};
    });
  }

  expected<std::optional<header_document>> header(std::string_view id) override {
    return reading(
        [&](sqlite_connection& from) -> expected<std::optional<header_document>> { return header_at(from, id); });
  }

  expected<std::vector<header_document>> headers(std::string_view prefix) override {
    return reading([&](sqlite_connection& from) -> expected<std::vector<header_document>> {
      auto statement = from.prepared(
          "SELECT id, epoch, generation, writer, content FROM checkpoints WHERE id >= ? AND id < ? ORDER BY id");
      statement->bind(1, std::string(prefix));
      statement->bind(2, end_of_prefix(prefix));
      std::vector<header_document> out;
      while (statement->executeStep())
        out.push_back(header_of(*statement));
      return out;
    });
  }

  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    return writing([&](sqlite_connection& to) -> expected<bool> {
      auto now = header_at(to, next.id);
      if (now.has_value() != expected_now.has_value() ||
          (now && (now->epoch != expected_now->epoch || now->writer != expected_now->writer)))
        return false;
      auto statement = to.prepared(
          "INSERT OR REPLACE INTO checkpoints (id, epoch, generation, writer, content) VALUES (?, ?, ?, ?, ?)");
      statement->bindNoCopy(1, next.id);
      statement->bind(2, signed_of(next.epoch));
      statement->bind(3, signed_of(next.generation));
      statement->bindNoCopy(4, next.writer);
      statement->bindNoCopy(5, next.content);
      statement->exec();
      return true;
    });
  }

  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    return writing([&](sqlite_connection& to) -> expected<void> {
      auto statement = to.prepared("INSERT OR REPLACE INTO checkpoint_chunks (id, bytes) VALUES (?, ?)");
      statement->bind(1, std::string(id));
      bind_bytes(*statement, 2, bytes);
      statement->exec();
      return {};
    });
  }

  expected<std::optional<std::string>> chunk(std::string_view id) override {
    return reading([&](sqlite_connection& from) -> expected<std::optional<std::string>> {
      auto statement = from.prepared("SELECT bytes FROM checkpoint_chunks WHERE id = ?");
      statement->bind(1, std::string(id));
      if (!statement->executeStep())
        return std::nullopt;
      return bytes_of(statement->getColumn(0));
    });
  }

  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override {
    return reading([&](sqlite_connection& from) -> expected<std::vector<std::string>> {
      auto statement = from.prepared("SELECT id FROM checkpoint_chunks WHERE id >= ? AND id < ? ORDER BY id");
      statement->bind(1, std::string(prefix));
      statement->bind(2, end_of_prefix(prefix));
      std::vector<std::string> out;
      while (statement->executeStep())
        out.push_back(bytes_of(statement->getColumn(0)));
      return out;
    });
  }

  expected<void> remove_chunks(const std::vector<std::string>& ids) override {
    return writing([&](sqlite_connection& to) -> expected<void> {
      auto statement = to.prepared("DELETE FROM checkpoint_chunks WHERE id = ?");
      for (const auto& id : ids) {
        statement->bindNoCopy(1, id);
        statement->exec();
        statement->reset();
      }
      return {};
    });
  }

  expected<void> put_records(std::string_view kind, std::span<const record> batch) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    return writing([&](sqlite_connection& to) -> expected<void> {
      auto statement = to.prepared("INSERT OR REPLACE INTO records (kind, id, body) VALUES (?, ?, ?)");
      std::string body;
      for (const auto& one : batch) {
        body.clear();
        append_json_text(body, one.second);
        statement->bind(1, std::string(kind));
        statement->bindNoCopy(2, one.first);
        statement->bindNoCopy(3, body);
        statement->exec();
        statement->reset();
      }
      return {};
    });
  }

  expected<std::vector<json::object>> records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return tl::unexpected(fits.error());
    return reading([&](sqlite_connection& from) -> expected<std::vector<json::object>> {
      auto statement = from.prepared("SELECT body FROM records WHERE kind = ? ORDER BY id");
      statement->bind(1, std::string(kind));
      std::vector<json::object> out;
      while (statement->executeStep()) {
        auto body = parse_json_object(bytes_of(statement->getColumn(0)));
        if (!body)
          return fail(error_kind::corrupt, fmt::format("{}: {}", file_, body.error().message));
        out.push_back(std::move(*body));
      }
      return out;
    });
  }

  expected<void> remove_records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    return writing([&](sqlite_connection& to) -> expected<void> {
      auto statement = to.prepared("DELETE FROM records WHERE kind = ?");
      statement->bind(1, std::string(kind));
      statement->exec();
      return {};
    });
  }

  expected<void> remove_results() override {
    return writing([&](sqlite_connection& to) -> expected<void> {
      for (auto which : all_collections)
        to.database().exec(fmt::format("DELETE FROM {}", analytics::name(which)));
      to.database().exec("DELETE FROM checkpoint_chunks");
      to.database().exec("UPDATE checkpoints SET epoch = epoch + 1, writer = '', content = ''");
      for (auto kind : record_kinds)
        if (!outlives_results(kind))
          to.database().exec(fmt::format("DELETE FROM records WHERE kind = '{}'", kind));
      return {};
    });
  }

  expected<std::vector<collection_stats>> stats() override {
    return reading([&](sqlite_connection& from) -> expected<std::vector<collection_stats>> {
      std::vector<collection_stats> out;
      for (auto which : all_collections) {
        auto counted = from.prepared(fmt::format(
            "SELECT count(*), coalesce(sum(length(CAST(body AS BLOB)) + length(state)), 0) FROM {} WHERE deleted = 0",
            analytics::name(which)));
        counted->executeStep();
        out.push_back({std::string(analytics::name(which)), unsigned_of(counted->getColumn(0)),
                       unsigned_of(counted->getColumn(1))});
      }
      auto chunks = from.prepared("SELECT count(*), coalesce(sum(length(bytes)), 0) FROM checkpoint_chunks");
      chunks->executeStep();
      out.push_back({"checkpoint_chunks", unsigned_of(chunks->getColumn(0)), unsigned_of(chunks->getColumn(1))});
      auto kinds = from.prepared(
          "SELECT kind, count(*), sum(length(CAST(body AS BLOB))) FROM records GROUP BY kind ORDER BY kind");
      while (kinds->executeStep())
        out.push_back(
            {bytes_of(kinds->getColumn(0)), unsigned_of(kinds->getColumn(1)), unsigned_of(kinds->getColumn(2))});
      return out;
    });
  }

private:
  void write_one(sqlite_connection& to, const stamped_document& document, write_summary& sum) {
    auto which = static_cast<std::size_t>(document.what->into);
    const auto& body = document.what->body;
    {
      auto statement = to.prepared(upserts_[which]);
      auto& bound = *statement;
      int at = 0;
      bound.bindNoCopy(++at, document.what->id);
      for (auto field : layout_of(document.what->into).fields)
        bind_value(bound, ++at, body.if_contains(field));
      bound.bind(++at, signed_of(document.as.generation));
      bound.bind(++at, signed_of(document.as.write));
      bound.bind(++at, document.what->offset);
      bound.bind(++at, document.what->superseded ? 1 : 0);
      text_.clear();
      append_json_text(text_, body);
      bound.bindNoCopy(++at, text_);
      bind_bytes(bound, ++at, document.what->superseded ? std::string_view{} : document.what->state);
      if (bound.exec() > 0) {
        ++sum.written;
        return;
      }
    }
    auto standing = to.prepared(stamps_[which]);
    standing->bindNoCopy(1, document.what->id);
    if (standing->executeStep() && unsigned_of(standing->getColumn(0)) > document.as.generation)
      ++sum.fenced;
    else
      ++sum.repeated;
  }

  static header_document header_of(SQLite::Statement& row) {
    return {bytes_of(row.getColumn(0)), unsigned_of(row.getColumn(1)), unsigned_of(row.getColumn(2)),
            bytes_of(row.getColumn(3)), bytes_of(row.getColumn(4))};
  }

  static std::optional<header_document> header_at(sqlite_connection& from, std::string_view id) {
    auto statement = from.prepared("SELECT id, epoch, generation, writer, content FROM checkpoints WHERE id = ?");
    statement->bind(1, std::string(id));
    if (!statement->executeStep())
      return std::nullopt;
    return header_of(*statement);
  }

  /// A whole transaction, begun as a writer's: one that reads first and then wants to write fails at once when another program wrote
  /// in between, whatever the busy time-out.
  template <class Body>
  auto writing(Body body) -> decltype(body(std::declval<sqlite_connection&>())) {
    if (!writer_)
      return fail(error_kind::denied, fmt::format("{}: the store is opened for reading only", file_));
    std::scoped_lock lock{writing_};
    try {
      SQLite::Transaction transaction{writer_->database(), SQLite::TransactionBehavior::IMMEDIATE};
      auto result = body(*writer_);
      if (result)
        transaction.commit();
      return result;
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(sqlite_error(e, file_));
    }
  }

  /// Reads go over a connection of their own: in WAL mode they see the last commit and wait for no batch.
  template <class Body>
  auto reading(Body body) -> decltype(body(std::declval<sqlite_connection&>())) {
    std::scoped_lock lock{reading_};
    try {
      return body(*reader_);
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(sqlite_error(e, file_));
    }
  }

  std::string file_;
  std::mutex writing_;
  std::mutex reading_;
  std::unique_ptr<sqlite_connection> writer_; ///< null: read only
  std::unique_ptr<sqlite_connection> reader_;
  std::vector<std::string> upserts_; ///< by collection
  std::vector<std::string> stamps_;
  std::string text_; ///< of the body being written
};

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

expected<std::unique_ptr<sqlite_connection>> open_reader(const std::string& file, const sqlite_options& options) {
  try {
    return open_reader(file, access::read, options.busy);
  } catch (const SQLite::Exception& e) {
    // A WAL database keeps its index in a file beside it: where that can't be made, it can't be read the common way.
    bool no_index = e.getErrorCode() == SQLITE_CANTOPEN || e.getErrorCode() == SQLITE_READONLY;
    if (!no_index || !settled(file))
      throw;
  }
  return open_reader(file, access::read_immutable, options.busy);
}

} // namespace

expected<std::unique_ptr<result_store>> open_sqlite_store(const std::string& file, const sqlite_options& options) {
  if (auto place = check_place(file, options.read_only); !place)
    return tl::unexpected(place.error());
  try {
    std::unique_ptr<sqlite_connection> writer;
    if (!options.read_only) {
      writer = std::make_unique<sqlite_connection>(file, access::read_write, options.busy);
      if (auto made = make_schema(*writer, file); !made)
        return tl::unexpected(made.error());
    }
    auto reader = open_reader(file, options);
    if (!reader)
      return tl::unexpected(reader.error());
    return std::make_unique<sqlite_store>(file, std::move(writer), std::move(*reader));
  } catch (const SQLite::Exception& e) {
    return tl::unexpected(sqlite_error(e, file));
  }
}

} // namespace throng::storage
