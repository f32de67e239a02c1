#include "storage/mongo_store.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include "storage/bson_codec.hpp"
#include "storage/layout.hpp"
#include "storage/mongo_client.hpp"

namespace throng::storage {

namespace {

namespace json = boost::json;

constexpr const char* headers_name = "checkpoints";
constexpr const char* chunks_name = "checkpoint_chunks";

// Documents that another writer changes between our look and our next try: each round one of the two has gone on.
constexpr int max_guard_rounds = 8;

// A document that the server would turn down, with room for what it adds.
constexpr std::uint32_t max_document_bytes = 16U << 20U;

std::int64_t signed_of(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

void append_text(bson_t* to, const char* key, std::string_view text) {
  bson_append_utf8(to, key, -1, text.data(), static_cast<int>(text.size()));
}

void append_bytes(bson_t* to, const char* key, std::string_view bytes) {
  bson_append_binary(to, key, -1, BSON_SUBTYPE_BINARY, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                     static_cast<std::uint32_t>(bytes.size()));
}

std::string text_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, in, key) || !BSON_ITER_HOLDS_UTF8(&at))
    return {};
  std::uint32_t size = 0;
  const char* text = bson_iter_utf8(&at, &size);
  return {text, size};
}

std::string bytes_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, in, key) || !BSON_ITER_HOLDS_BINARY(&at))
    return {};
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&at, nullptr, &size, &bytes);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::int64_t integer_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  return bson_iter_init_find(&at, in, key) ? bson_iter_as_int64(&at) : 0;
}

/// What a server thinks of one member of a bulk.
struct write_error {
  std::size_t index = 0;
  std::uint32_t code = 0;
  std::string message;
};

std::vector<write_error> write_errors(const bson_t* reply) {
  std::vector<write_error> out;
  bson_iter_t at;
  bson_iter_t each;
  if (!bson_iter_init_find(&at, reply, "writeErrors") || !bson_iter_recurse(&at, &each))
    return out;
  while (bson_iter_next(&each)) {
    bson_t entry;
    std::uint32_t size = 0;
    const std::uint8_t* bytes = nullptr;
    bson_iter_document(&each, &size, &bytes);
    if (bytes != nullptr && bson_init_static(&entry, bytes, size))
      out.push_back({static_cast<std::size_t>(integer_at(&entry, "index")),
                     static_cast<std::uint32_t>(integer_at(&entry, "code")), text_at(&entry, "errmsg")});
  }
  return out;
}

class mongo_store final : public result_store {
public:
  mongo_store(std::unique_ptr<mongo_pool> pool, bool read_only)
      : pool_(std::move(pool))
      , read_only_(read_only) {}

  expected<void> prepare() {
    auto client = pool_->take();
    if (!client)
      return tl::unexpected(client.error());
    if (auto alive = command(*client, BCON_NEW("ping", BCON_INT32(1))); !alive || read_only_)
      return alive;
    for (auto which : all_collections)
      if (auto made = make_indexes(*client, which); !made)
        return made;
    return {};
  }

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    write_summary sum;
    for (auto which : all_collections) {
      // An unordered bulk has no last: of one id, only what would stay is sent.
      std::unordered_map<std::string_view, const stamped_document*> by_id;
      std::vector<const stamped_document*> chosen;
      for (const auto& each : batch) {
        if (each.what->into != which)
          continue;
        auto [found, is_new] = by_id.try_emplace(each.what->id, &each);
        if (is_new)
          continue;
        ++sum.written; // by what it gives way to, or that by it
        auto stays = std::pair(found->second->as.generation, found->second->as.write);
        if (std::pair(each.as.generation, each.as.write) >= stays)
          found->second = &each;
      }
      for (const auto& each : batch)
        if (each.what->into == which && by_id.at(each.what->id) == &each)
          chosen.push_back(&each);
      if (auto written = write_guarded(*client, which, std::move(chosen), sum); !written)
        return tl::unexpected(written.error());
    }
    return sum;
  }

  expected<std::vector<stored_document>> find(const find_query& query) override {
    if (auto fits = check_query(query); !fits)
      return tl::unexpected(fits.error());
    bson_document filter;
    append_conditions(filter, query.from, query.conditions);
    BCON_APPEND(filter, "deleted", "{", "$ne", BCON_BOOL(true), "}");
    bson_document options;
    bson_t sort;
    bson_append_document_begin(options, "sort", -1, &sort);
    if (!query.order_by.empty())
      bson_append_int32(&sort, query.order_by.c_str(), -1, query.descending ? -1 : 1);
    bson_append_int32(&sort, "_id", -1, query.order_by.empty() && query.descending ? -1 : 1);
    bson_append_document_end(options, &sort);
    if (query.limit > 0)
      bson_append_int64(options, "limit", -1, signed_of(query.limit));
    std::vector<stored_document> out;
    auto read =
        for_each(std::string(analytics::name(query.from)), filter, options, [&](const bson_t* found) -> expected<void> {
          auto body = read_body(found);
          if (!body)
            return tl::unexpected(body.error());
          out.push_back({text_at(found, "_id"), std::move(*body), bytes_at(found, "state"), stamp_of(found),
                         integer_at(found, "offset")});
          return {};
        });
    if (!read)
      return tl::unexpected(read.error());
    return out;
  }

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    std::uint64_t removed = 0;
    for (const auto& owned : owned_by(owner, topic, partition)) {
      for (bool tombstones : {false, true}) {
        bson_document filter;
        append_conditions(filter, owned.in, owned.conditions);
        BCON_APPEND(filter, "generation", "{", "$lt", BCON_INT64(signed_of(generation)), "}");
        if (tombstones)
          BCON_APPEND(filter, "deleted", BCON_BOOL(true));
        else
          BCON_APPEND(filter, "offset", "{", "$gte", BCON_INT64(offset), "}");
        auto gone = remove(std::string(analytics::name(owned.in)), filter);
        if (!gone)
          return gone;
        removed += *gone;
      }
    }
    return removed;
  }

  expected<void> remove_pipeline(std::string_view pipeline) override {
    for (auto which : {analytics::collection::windows, analytics::collection::alerts}) {
      bson_document filter;
      append_text(filter, "pipeline", pipeline);
      if (auto gone = remove(std::string(analytics::name(which)), filter); !gone)
        return tl::unexpected(gone.error());
    }
    return {};
  }

  expected<std::optional<header_document>> header(std::string_view id) override {
    bson_document filter;
    append_text(filter, "_id", id);
    auto found = headers_where(filter);
    if (!found)
      return tl::unexpected(found.error());
    if (found->empty())
      return std::nullopt;
    return std::move(found->front());
  }

  expected<std::vector<header_document>> headers(std::string_view prefix) override {
    bson_document filter;
    append_prefix(filter, prefix);
    return headers_where(filter);
  }

  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    auto in = collection(*client, headers_name);
    bson_document document;
    append_text(document, "_id", next.id);
    bson_append_int64(document, "epoch", -1, signed_of(next.epoch));
    bson_append_int64(document, "generation", -1, signed_of(next.generation));
    append_text(document, "writer", next.writer);
    append_text(document, "content", next.content);
    bson_document options;
    mongoc_write_concern_append(write_concern(), options);
    bson_error_t why;
    if (!expected_now) {
      if (mongoc_collection_insert_one(in.get(), document, options, nullptr, &why))
        return true;
      if (why.code == duplicate_key_code)
        return false;
      return tl::unexpected(pool_->translate(why));
    }
    bson_document filter;
    append_text(filter, "_id", next.id);
    bson_append_int64(filter, "epoch", -1, signed_of(expected_now->epoch));
    append_text(filter, "writer", expected_now->writer);
    bson_t reply;
    bool done = mongoc_collection_replace_one(in.get(), filter, document, options, &reply, &why);
    auto matched = integer_at(&reply, "matchedCount");
    bson_destroy(&reply);
    if (!done)
      return tl::unexpected(pool_->translate(why));
    return matched == 1;
  }

  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    bson_document filter;
    append_text(filter, "_id", id);
    bson_document document;
    append_text(document, "_id", id);
    append_bytes(document, "bytes", bytes);
    bson_document options;
    bson_append_bool(options, "upsert", -1, true);
    mongoc_write_concern_append(write_concern(), options);
    bson_error_t why;
    if (!mongoc_collection_replace_one(collection(*client, chunks_name).get(), filter, document, options, nullptr,
                                       &why))
      return tl::unexpected(pool_->translate(why));
    return {};
  }

  expected<std::optional<std::string>> chunk(std::string_view id) override {
    bson_document filter;
    append_text(filter, "_id", id);
    bson_document options;
    std::optional<std::string> out;
    auto read = for_each(chunks_name, filter, options, [&](const bson_t* found) -> expected<void> {
      out = bytes_at(found, "bytes");
      return {};
    });
    if (!read)
      return tl::unexpected(read.error());
    return out;
  }

  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override {
    bson_document filter;
    append_prefix(filter, prefix);
    bson_document options;
    BCON_APPEND(options, "projection", "{", "_id", BCON_INT32(1), "}", "sort", "{", "_id", BCON_INT32(1), "}");
    std::vector<std::string> out;
    auto read = for_each(chunks_name, filter, options, [&](const bson_t* found) -> expected<void> {
      out.push_back(text_at(found, "_id"));
      return {};
    });
    if (!read)
      return tl::unexpected(read.error());
    return out;
  }

  expected<void> remove_chunks(const std::vector<std::string>& ids) override {
    if (ids.empty())
      return {};
    bson_document filter;
    append_ids(filter, ids);
    return remove(chunks_name, filter).map([](std::uint64_t) {});
  }

  expected<void> put_records(std::string_view kind, std::span<const record> batch) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    if (batch.empty())
      return {};
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    auto in = collection(*client, std::string(kind));
    auto bulk = begin_bulk(in.get());
    for (const auto& each : batch) {
      bson_document filter;
      append_text(filter, "_id", each.first);
      bson_document document;
      append_text(document, "_id", each.first);
      if (!append_body(document, each.second, {}))
        return too_large(each.first);
      if (auto added = add_upsert(bulk.get(), filter, document); !added)
        return added;
    }
    bson_t reply;
    bson_error_t why;
    auto done = mongoc_bulk_operation_execute(bulk.get(), &reply, &why);
    bson_destroy(&reply);
    if (done == 0)
      return tl::unexpected(pool_->translate(why));
    return {};
  }

  expected<std::vector<json::object>> records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return tl::unexpected(fits.error());
    bson_document filter;
    bson_document options;
    BCON_APPEND(options, "sort", "{", "_id", BCON_INT32(1), "}");
    std::vector<json::object> out;
    auto read = for_each(std::string(kind), filter, options, [&](const bson_t* found) -> expected<void> {
      auto body = read_body(found);
      if (!body)
        return tl::unexpected(body.error());
      out.push_back(std::move(*body));
      return {};
    });
    if (!read)
      return tl::unexpected(read.error());
    return out;
  }

  expected<void> remove_records(std::string_view kind) override {
    if (auto fits = check_record_kind(kind); !fits)
      return fits;
    bson_document all;
    return remove(std::string(kind), all).map([](std::uint64_t) {});
  }

  expected<void> remove_results() override {
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    // Headers first: whoever still holds one is fenced before its chunks go.
    bson_document all;
    bson_document change;
    BCON_APPEND(change, "$inc", "{", "epoch", BCON_INT64(1), "}", "$set", "{", "writer", "", "content", "", "}");
    bson_document options;
    mongoc_write_concern_append(write_concern(), options);
    bson_error_t why;
    if (!mongoc_collection_update_many(collection(*client, headers_name).get(), all, change, options, nullptr, &why))
      return tl::unexpected(pool_->translate(why));
    std::vector<std::string> emptied{chunks_name};
    for (auto which : all_collections)
      emptied.emplace_back(analytics::name(which));
    for (auto kind : record_kinds)
      if (!outlives_results(kind))
        emptied.emplace_back(kind);
    for (const auto& name : emptied)
      if (auto gone = remove(name, all); !gone)
        return tl::unexpected(gone.error());
    return {};
  }

  expected<std::vector<collection_stats>> stats() override {
    auto client = pool_->take();
    if (!client)
      return tl::unexpected(client.error());
    std::vector<std::string> collections{chunks_name};
    for (auto which : all_collections)
      collections.emplace_back(analytics::name(which));
    for (auto kind : record_kinds)
      collections.emplace_back(kind);
    std::vector<collection_stats> out;
    for (const auto& name : collections) {
      bson_document found;
      BCON_APPEND(found, "deleted", "{", "$ne", BCON_BOOL(true), "}");
      bson_error_t why;
      auto documents =
          mongoc_collection_count_documents(collection(*client, name).get(), found, nullptr, nullptr, nullptr, &why);
      if (documents < 0)
        return tl::unexpected(pool_->translate(why));
      out.push_back({name, static_cast<std::uint64_t>(documents), documents == 0 ? 0 : bytes_of(*client, name)});
    }
    return out;
  }

private:
  static stamp stamp_of(const bson_t* document) {
    return {static_cast<std::uint64_t>(integer_at(document, "generation")),
            static_cast<std::uint64_t>(integer_at(document, "write"))};
  }

  static header_document header_of(const bson_t* found) {
    return {text_at(found, "_id"), static_cast<std::uint64_t>(integer_at(found, "epoch")),
            static_cast<std::uint64_t>(integer_at(found, "generation")), text_at(found, "writer"),
            text_at(found, "content")};
  }

  static tl::unexpected<error> too_large(const std::string& id) {
    return fail(error_kind::invalid, fmt::format("document {} is larger than the 16 MiB that MongoDB takes", id));
  }

  static void append_prefix(bson_t* filter, std::string_view prefix) {
    bson_t range;
    bson_append_document_begin(filter, "_id", -1, &range);
    append_text(&range, "$gte", prefix);
    append_text(&range, "$lt", end_of_prefix(prefix));
    bson_append_document_end(filter, &range);
  }

  template <class Ids>
  static void append_ids(bson_t* filter, const Ids& ids) {
    bson_t in;
    bson_t list;
    bson_append_document_begin(filter, "_id", -1, &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    std::size_t number = 0;
    for (const auto& id : ids)
      append_text(&list, fmt::to_string(number++).c_str(), id);
    bson_append_array_end(&in, &list);
    bson_append_document_end(filter, &in);
  }

  /// As `$and`, since several may be on one field.
  static void append_conditions(bson_t* filter, analytics::collection of, const std::vector<condition>& conditions) {
    if (conditions.empty())
      return;
    constexpr const char* operators[] = {"$eq", "$in", "$lt", "$lte", "$gt", "$gte"};
    const auto& times = analytics::time_fields(of);
    bson_t all;
    bson_append_array_begin(filter, "$and", -1, &all);
    std::size_t number = 0;
    for (const auto& c : conditions) {
      bool is_time = std::find(times.begin(), times.end(), c.field) != times.end();
      bson_t one;
      bson_t comparison;
      bson_append_document_begin(&all, fmt::to_string(number++).c_str(), -1, &one);
      bson_append_document_begin(&one, c.field.c_str(), -1, &comparison);
      append_compared(&comparison, operators[static_cast<std::size_t>(c.is)], c.value, is_time);
      bson_append_document_end(&one, &comparison);
      bson_append_document_end(&all, &one);
    }
    bson_append_array_end(filter, &all);
  }

  /// libmongoc asks for it as not const, and changes nothing.
  mongoc_write_concern_t* write_concern() const {
    return const_cast<mongoc_write_concern_t*>(pool_->write_concern());
  }

  expected<mongo_pool::lease> writer() {
    if (read_only_)
      return fail(error_kind::denied, "the store is opened for reading only");
    return pool_->take();
  }

  mongo_collection collection(mongoc_client_t* client, const std::string& name) const {
    return mongo_collection{mongoc_client_get_collection(client, pool_->database().c_str(), name.c_str())};
  }

  /// @param owned is destroyed
  expected<void> command(mongoc_client_t* client, bson_t* owned) {
    bson_error_t why;
    bool done = mongoc_client_command_simple(client, pool_->database().c_str(), owned, nullptr, nullptr, &why);
    bson_destroy(owned);
    if (!done)
      return tl::unexpected(pool_->translate(why));
    return {};
  }

  std::uint64_t bytes_of(mongoc_client_t* client, const std::string& name) {
    bson_document ask;
    append_text(ask, "collStats", name);
    bson_t reply;
    bson_error_t ignored; // sizes are worth no failure
    bool done = mongoc_client_command_simple(client, pool_->database().c_str(), ask, nullptr, &reply, &ignored);
    auto size = done ? integer_at(&reply, "size") : 0;
    bson_destroy(&reply);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0));
  }

  expected<void> make_indexes(mongoc_client_t* client, analytics::collection which) {
    bson_t* ask = bson_new();
    append_text(ask, "createIndexes", analytics::name(which));
    bson_t list;
    bson_append_array_begin(ask, "indexes", -1, &list);
    std::size_t number = 0;
    auto add = [&](const index_fields& fields, bool of_tombstones) {
      bson_t index;
      bson_t key;
      std::string name;
      bson_append_document_begin(&list, fmt::to_string(number++).c_str(), -1, &index);
      bson_append_document_begin(&index, "key", -1, &key);
      for (auto field : fields) {
        bson_append_int32(&key, field.data(), static_cast<int>(field.size()), 1);
        name += fmt::format("{}{}", name.empty() ? "" : "_", field);
      }
      bson_append_document_end(&index, &key);
      append_text(&index, "name", of_tombstones ? "tombstones" : name);
      if (of_tombstones)
        BCON_APPEND(&index, "partialFilterExpression", "{", "deleted", BCON_BOOL(true), "}");
      bson_append_document_end(&list, &index);
    };
    for (const auto& fields : layout_of(which).indexes)
      add(fields, false);
    add({"generation"}, true);
    bson_append_array_end(ask, &list);
    return command(client, ask);
  }

  template <class Use>
  expected<void> for_each(const std::string& in, bson_t* filter, bson_t* options, Use use) {
    auto client = pool_->take();
    if (!client)
      return tl::unexpected(client.error());
    auto from = collection(*client, in);
    mongo_cursor cursor{mongoc_collection_find_with_opts(from.get(), filter, options, nullptr)};
    const bson_t* found = nullptr;
    while (mongoc_cursor_next(cursor.get(), &found))
      if (auto used = use(found); !used)
        return fail(used.error().kind, fmt::format("{} {}: {}", in, text_at(found, "_id"), used.error().message));
    bson_error_t why;
    if (mongoc_cursor_error(cursor.get(), &why))
      return tl::unexpected(pool_->translate(why));
    return {};
  }

  expected<std::vector<header_document>> headers_where(bson_t* filter) {
    bson_document options;
    BCON_APPEND(options, "sort", "{", "_id", BCON_INT32(1), "}");
    std::vector<header_document> out;
    auto read = for_each(headers_name, filter, options, [&](const bson_t* found) -> expected<void> {
      out.push_back(header_of(found));
      return {};
    });
    if (!read)
      return tl::unexpected(read.error());
    return out;
  }

  expected<std::uint64_t> remove(const std::string& from, bson_t* filter) {
    auto client = writer();
    if (!client)
      return tl::unexpected(client.error());
    bson_document options;
    mongoc_write_concern_append(write_concern(), options);
    bson_t reply;
    bson_error_t why;
    bool done = mongoc_collection_delete_many(collection(*client, from).get(), filter, options, &reply, &why);
    auto removed = integer_at(&reply, "deletedCount");
    bson_destroy(&reply);
    if (!done)
      return tl::unexpected(pool_->translate(why));
    return static_cast<std::uint64_t>(removed);
  }

  mongo_bulk begin_bulk(mongoc_collection_t* in) {
    bson_document options;
    bson_append_bool(options, "ordered", -1, false);
    mongoc_write_concern_append(write_concern(), options);
    return mongo_bulk{mongoc_collection_create_bulk_operation_with_opts(in, options)};
  }

  expected<void> add_upsert(mongoc_bulk_operation_t* to, bson_t* filter, bson_t* document) {
    bson_document options;
    bson_append_bool(options, "upsert", -1, true);
    // Our own escaping has seen to names; libmongoc's check would turn down the empty one, which is fine.
    bson_append_bool(options, "validate", -1, false);
    bson_error_t why;
    if (!mongoc_bulk_operation_replace_one_with_opts(to, filter, document, options, &why))
      return tl::unexpected(pool_->translate(why));
    return {};
  }

  expected<void> add_guarded(mongoc_bulk_operation_t* to, const stamped_document& each) {
    const auto& what = *each.what;
    auto generation = signed_of(each.as.generation);
    auto write = signed_of(each.as.write);
    bson_document filter;
    append_text(filter, "_id", what.id);
    BCON_APPEND(filter, "$or", "[", "{", "generation", "{", "$lt", BCON_INT64(generation), "}", "}", "{", "generation",
                BCON_INT64(generation), "write", "{", "$lte", BCON_INT64(write), "}", "}", "]");
    bson_document document;
    append_text(document, "_id", what.id);
    bool fits = append_body(document, what.body, analytics::time_fields(what.into));
    bson_append_int64(document, "generation", -1, generation);
    bson_append_int64(document, "write", -1, write);
    bson_append_int64(document, "offset", -1, what.offset);
    if (what.superseded)
      bson_append_bool(document, "deleted", -1, true);
    else if (!what.state.empty())
      append_bytes(document, "state", what.state);
    if (!fits || document->len > max_document_bytes)
      return too_large(what.id);
    return add_upsert(to, filter, document);
  }

  /// An upsert whose guard fails tries to insert, and finds the id taken: what stands there decides what that means.
  expected<void> write_guarded(mongoc_client_t* client, analytics::collection which,
                               std::vector<const stamped_document*> chosen, write_summary& sum) {
    auto in = collection(client, std::string(analytics::name(which)));
    for (int round = 0; round < max_guard_rounds && !chosen.empty(); ++round) {
      auto bulk = begin_bulk(in.get());
      for (const auto* each : chosen)
        if (auto added = add_guarded(bulk.get(), *each); !added)
          return added;
      bson_t reply;
      bson_error_t why;
      auto done = mongoc_bulk_operation_execute(bulk.get(), &reply, &why);
      auto failed = write_errors(&reply);
      bson_iter_t at;
      bson_iter_t first;
      bool in_doubt = bson_iter_init_find(&at, &reply, "writeConcernErrors") && bson_iter_recurse(&at, &first) &&
                      bson_iter_next(&first);
      bson_destroy(&reply);
      if (done == 0 &&
          (failed.empty() || why.domain == MONGOC_ERROR_STREAM || why.domain == MONGOC_ERROR_SERVER_SELECTION))
        return tl::unexpected(pool_->translate(why));
      for (const auto& each : failed)
        if (each.code != duplicate_key_code)
          return tl::unexpected(pool_->translate_server(each.code, each.message));
      if (in_doubt)
        return tl::unexpected(pool_->translate_server(64, "too few servers acknowledged a write in time"));
      sum.written += chosen.size() - failed.size();
      std::vector<const stamped_document*> turned_down;
      for (const auto& each : failed)
        turned_down.push_back(chosen.at(each.index));
      auto again = judge(which, turned_down, sum);
      if (!again)
        return tl::unexpected(again.error());
      chosen = std::move(*again);
    }
    if (!chosen.empty())
      return fail(error_kind::unavailable,
                  fmt::format("document {} keeps changing under this write", chosen.front()->what->id), true);
    return {};
  }

  /// Counts what was fenced or done before, and gives back what is to be written again.
  expected<std::vector<const stamped_document*>>
  judge(analytics::collection which, const std::vector<const stamped_document*>& turned_down, write_summary& sum) {
    std::vector<const stamped_document*> again;
    if (turned_down.empty())
      return again;
    std::vector<std::string_view> ids;
    for (const auto* each : turned_down)
      ids.push_back(each->what->id);
    bson_document filter;
    append_ids(filter, ids);
    bson_document options;
    BCON_APPEND(options, "projection", "{", "generation", BCON_INT32(1), "write", BCON_INT32(1), "}");
    std::unordered_map<std::string, stamp> standing;
    auto read =
        for_each(std::string(analytics::name(which)), filter, options, [&](const bson_t* found) -> expected<void> {
          standing[text_at(found, "_id")] = stamp_of(found);
          return {};
        });
    if (!read)
      return tl::unexpected(read.error());
    for (const auto* each : turned_down) {
      auto found = standing.find(each->what->id);
      if (found == standing.end() || found->second.generation < each->as.generation)
        again.push_back(each);
      else if (found->second.generation > each->as.generation)
        ++sum.fenced;
      else if (found->second.write > each->as.write)
        ++sum.repeated;
      else
        again.push_back(each);
    }
    return again;
  }

  std::unique_ptr<mongo_pool> pool_;
  bool read_only_;
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
