#include "storage/mongo_store.hpp"

#include <algorithm>

#include <bson/bson.h>

#include "storage/bson_document.hpp"
#include "storage/layout.hpp"
#include "storage/mongo_checkpoints.hpp"
#include "storage/mongo_database.hpp"
#include "storage/mongo_filter.hpp"
#include "storage/mongo_indexes.hpp"
#include "storage/mongo_records.hpp"
#include "storage/mongo_results.hpp"

namespace throng::storage {

namespace {

namespace json = boost::json;

class mongo_store final : public result_store {
public:
  mongo_store(std::unique_ptr<mongo_pool> pool, bool read_only)
      : database_(std::move(pool), read_only)
      , checkpoints_(database_) {}

  expected<void> prepare() {
    bson_document ping;
    BCON_APPEND(ping, "ping", BCON_INT32(1));
    if (auto alive = database_.command(ping); !alive || !database_.writable())
      return alive;
    return make_indexes(database_);
  }

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    return write_guarded(database_, batch);
  }

  expected<std::vector<stored_document>> find(const find_query& query) override {
    if (auto fits = check_query(query); !fits)
      return tl::unexpected(fits.error());
    bson_document filter;
    append_conditions(filter, query.from, query.conditions);
    append_no_tombstones(filter);
    bson_document options;
    bson_t sort;
    bson_append_document_begin(options, "sort", -1, &sort);
    if (!query.order_by.empty())
      bson_append_int32(&sort, query.order_by.c_str(), -1, query.descending ? -1 : 1);
    bson_append_int32(&sort, "_id", -1, query.order_by.empty() && query.descending ? -1 : 1);
    bson_append_document_end(options, &sort);
    if (query.limit > 0)
      append_unsigned(options, "limit", query.limit);
    return database_.collect(std::string(analytics::name(query.from)), filter, options, read_stored);
  }

  expected<std::uint64_t> remove(const find_query& what) override {
    if (auto fits = check_query(what); !fits)
      return tl::unexpected(fits.error());
    bson_document filter;
    append_conditions(filter, what.from, what.conditions);
    append_no_tombstones(filter);
    return database_.remove(std::string(analytics::name(what.from)), filter);
  }

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    std::uint64_t removed = 0;
    for (const auto& owned : owned_by(owner, topic, partition)) {
      for (bool tombstones : {false, true}) {
        bson_document filter;
        append_conditions(filter, owned.in, owned.conditions);
        BCON_APPEND(filter, "generation", "{", "$lt", BCON_INT64(static_cast<std::int64_t>(generation)), "}");
        if (tombstones)
          BCON_APPEND(filter, "deleted", BCON_BOOL(true));
        else
          BCON_APPEND(filter, "offset", "{", "$gte", BCON_INT64(offset), "}");
        auto gone = database_.remove(std::string(analytics::name(owned.in)), filter);
        if (!gone)
          return gone;
        removed += *gone;
      }
    }
    return removed;
  }

  expected<void> remove_pipeline(std::string_view pipeline) override {
    bson_document filter;
    append_text(filter, "pipeline", pipeline);
    for (auto which : {analytics::collection::windows, analytics::collection::alerts})
      if (auto gone = database_.remove(std::string(analytics::name(which)), filter); !gone)
        return tl::unexpected(gone.error());
    return {};
  }

  expected<std::optional<header_document>> header(std::string_view id) override {
    return checkpoints_.header(id);
  }

  expected<std::vector<header_document>> headers(std::string_view prefix) override {
    return checkpoints_.headers(prefix);
  }

  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    return checkpoints_.replace_header(next, expected_now);
  }

  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    return checkpoints_.put_chunk(id, bytes);
  }

  expected<std::optional<std::string>> chunk(std::string_view id) override {
    return checkpoints_.chunk(id);
  }

  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override {
    return checkpoints_.chunk_ids(prefix);
  }

  expected<void> remove_chunks(const std::vector<std::string>& ids) override {
    return checkpoints_.remove_chunks(ids);
  }

  expected<void> put_records(std::string_view kind, std::span<const record> batch) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    return storage::put_records(database_, std::string(kind), batch);
  }

  expected<std::vector<json::object>> records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return tl::unexpected(fits.error());
    return read_records(database_, std::string(kind));
  }

  expected<void> remove_records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    bson_document all;
    return database_.remove(std::string(kind), all).map([](std::uint64_t) {});
  }

  expected<void> remove_results() override {
    // Headers first: whoever still holds one is fenced before its chunks go.
    if (auto emptied = checkpoints_.empty_headers(); !emptied)
      return emptied;
    bson_document all;
    for (const auto& name : collections())
      if (!outlives_results(name))
        if (auto gone = database_.remove(name, all); !gone)
          return tl::unexpected(gone.error());
    return {};
  }

  expected<std::vector<collection_stats>> stats() override {
    bson_document filter;
    append_no_tombstones(filter);
    std::vector<collection_stats> out;
    for (const auto& name : collections()) {
      auto documents = database_.count(name, filter);
      if (!documents)
        return tl::unexpected(documents.error());
      out.push_back({name, *documents, *documents == 0 ? 0 : bytes_of(name)});
    }
    return out;
  }

private:
  /// All but the headers'.
  static std::vector<std::string> collections() {
    std::vector<std::string> out{mongo_checkpoints::chunks_name};
    for (auto which : all_collections)
      out.emplace_back(analytics::name(which));
    out.insert(out.end(), record_kinds.begin(), record_kinds.end());
    return out;
  }

  /// Sizes are worth no failure: 0 where the server does not tell.
  std::uint64_t bytes_of(const std::string& name) {
    bson_document ask;
    append_text(ask, "collStats", name);
    bson_document reply;
    if (!database_.command(ask, reply))
      return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_at(reply, "size"), 0));
  }

  mongo_database database_;
  mongo_checkpoints checkpoints_;
};

} // namespace

expected<std::unique_ptr<result_store>> open_mongo_store(const std::string& uri, bool read_only) {
  auto pool = mongo_pool::open(uri);
  if (!pool)
    return tl::unexpected(pool.error());
  auto store = std::make_unique<mongo_store>(std::move(*pool), read_only);
  if (auto ready = store->prepare(); !ready)
    return tl::unexpected(ready.error());
  return store;
}

} // namespace throng::storage
