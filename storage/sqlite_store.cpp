#include "storage/sqlite_store.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <fmt/format.h>

#include "storage/json_text.hpp"
#include "storage/layout.hpp"
#include "storage/sqlite_checkpoints.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_schema.hpp"
#include "storage/sqlite_values.hpp"

namespace throng::storage {

namespace {

namespace json = boost::json;

// Columns that find reads after the id.
constexpr std::string_view stamp_columns = R"(generation, "write", "offset", deleted, body, state)";

class sqlite_store final : public result_store {
public:
  explicit sqlite_store(std::unique_ptr<sqlite_database> database)
      : database_(std::move(database)) {
    for (auto which : all_collections) {
      upserts_.push_back(guarded_upsert(which));
      stamps_.push_back(fmt::format("SELECT generation FROM {} WHERE id = ?", analytics::name(which)));
    }
  }

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    return database_->writing([&](sqlite_connection& to) -> expected<write_summary> {
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
    return database_->reading([&](sqlite_connection& from) -> expected<std::vector<stored_document>> {
      // Not prepared(): the variety of these has no bound.
      SQLite::Statement statement{from.database(), sql};
      int at = 0;
      for (const auto* x : where.values())
        bind_value(statement, ++at, x);
      std::vector<stored_document> out;
      // All bodies of an answer in one piece of memory, not their members one by one: a group's day took 41 ms where it took 52 (bench/query.cpp).
      const auto memory = json::make_shared_resource<json::monotonic_resource>();
      json_reader reader;
      while (statement.executeStep()) {
        auto body = reader.read(view_of(statement.getColumn(5)), memory);
        if (!body)
          return fail(error_kind::corrupt, fmt::format("{}: {}", database_->file(), body.error().message));
        out.push_back({bytes_of(statement.getColumn(0)), std::move(*body), bytes_of(statement.getColumn(6)),
                       stamp{unsigned_of(statement.getColumn(1)), unsigned_of(statement.getColumn(2))},
                       statement.getColumn(3).getInt64()});
      }
      return out;
    });
  }

  expected<std::uint64_t> remove(const find_query& what) override {
    if (auto fits = check_query(what); !fits)
      return tl::unexpected(fits.error());
    where_clause where{what.conditions};
    return database_->writing([&](sqlite_connection& to) -> expected<std::uint64_t> {
      SQLite::Statement statement{
          to.database(), fmt::format("DELETE FROM {} WHERE deleted = 0{}", analytics::name(what.from), where.sql())};
      int at = 0;
      for (const auto* x : where.values())
        bind_value(statement, ++at, x);
      return static_cast<std::uint64_t>(statement.exec());
    });
  }

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    return database_->writing([&](sqlite_connection& to) -> expected<std::uint64_t> {
      std::uint64_t removed = 0;
      for (const auto& owned : owned_by(owner, topic, partition)) {
        where_clause where{owned.conditions};
        for (std::string_view which : {"\"offset\" >= ?", "deleted = 1"}) {
          auto statement = to.prepared(fmt::format("DELETE FROM {} WHERE generation < ?{} AND {}",
                                                   analytics::name(owned.in), where.sql(), which));
          int at = 0;
          bind_unsigned(*statement, ++at, generation);
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
    return database_->writing([&](sqlite_connection& to) -> expected<void> {
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
    return database_->reading([&](sqlite_connection& from) { return read_header(from, id); });
  }

  expected<std::vector<header_document>> headers(std::string_view prefix) override {
    return database_->reading([&](sqlite_connection& from) { return read_headers(from, prefix); });
  }

  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    return database_->writing([&](sqlite_connection& to) { return storage::replace_header(to, next, expected_now); });
  }

  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    return database_->writing([&](sqlite_connection& to) { return storage::put_chunk(to, id, bytes); });
  }

  expected<std::optional<std::string>> chunk(std::string_view id) override {
    return database_->reading([&](sqlite_connection& from) { return read_chunk(from, id); });
  }

  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override {
    return database_->reading([&](sqlite_connection& from) { return read_chunk_ids(from, prefix); });
  }

  expected<void> remove_chunks(const std::vector<std::string>& ids) override {
    return database_->writing([&](sqlite_connection& to) { return storage::remove_chunks(to, ids); });
  }

  expected<void> put_records(std::string_view kind, std::span<const record> batch) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    return database_->writing([&](sqlite_connection& to) -> expected<void> {
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
    return database_->reading([&](sqlite_connection& from) -> expected<std::vector<json::object>> {
      auto statement = from.prepared("SELECT body FROM records WHERE kind = ? ORDER BY id");
      statement->bind(1, std::string(kind));
      std::vector<json::object> out;
      json_reader reader;
      while (statement->executeStep()) {
        auto body = reader.read(view_of(statement->getColumn(0)));
        if (!body)
          return fail(error_kind::corrupt, fmt::format("{}: {}", database_->file(), body.error().message));
        out.push_back(std::move(*body));
      }
      return out;
    });
  }

  expected<void> remove_records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    return database_->writing([&](sqlite_connection& to) -> expected<void> {
      auto statement = to.prepared("DELETE FROM records WHERE kind = ?");
      statement->bind(1, std::string(kind));
      statement->exec();
      return {};
    });
  }

  expected<void> remove_results() override {
    return database_->writing([&](sqlite_connection& to) -> expected<void> {
      for (auto which : all_collections)
        to.database().exec(fmt::format("DELETE FROM {}", analytics::name(which)));
      empty_headers(to);
      remove_all_chunks(to);
      for (auto kind : record_kinds)
        if (!outlives_results(kind))
          to.database().exec(fmt::format("DELETE FROM records WHERE kind = '{}'", kind));
      return {};
    });
  }

  expected<std::vector<collection_stats>> stats() override {
    return database_->reading([&](sqlite_connection& from) -> expected<std::vector<collection_stats>> {
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
      bind_unsigned(bound, ++at, document.as.generation);
      bind_unsigned(bound, ++at, document.as.write);
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

  std::unique_ptr<sqlite_database> database_;
  std::vector<std::string> upserts_; ///< by collection
  std::vector<std::string> stamps_;
  std::string text_; ///< of the body being written
};

} // namespace

expected<std::unique_ptr<result_store>> open_sqlite_store(const std::string& file, const sqlite_options& options) {
  auto opened = sqlite_database::open(file, options.read_only, options.busy);
  if (!opened)
    return tl::unexpected(opened.error());
  return std::make_unique<sqlite_store>(std::move(*opened));
}

} // namespace throng::storage
