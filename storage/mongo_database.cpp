#include "storage/mongo_database.hpp"

#include "storage/mongo_error.hpp"

namespace throng::storage {

namespace {

// A document that the server would turn down, with room for what it adds.
constexpr std::uint32_t max_document_bytes = 16U << 20U;

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

bool acknowledged_by_too_few(const bson_t* reply) {
  bson_iter_t at;
  bson_iter_t first;
  return bson_iter_init_find(&at, reply, "writeConcernErrors") && bson_iter_recurse(&at, &first) &&
         bson_iter_next(&first);
}

} // namespace

tl::unexpected<error> too_large(const std::string& id) {
  return fail(error_kind::invalid, fmt::format("document {} is larger than the 16 MiB that MongoDB takes", id));
}

expected<void> mongo_database::writable() const {
  if (read_only_)
    return fail(error_kind::denied, "the store is opened for reading only");
  return {};
}

expected<mongo_pool::lease> mongo_database::writer() {
  if (auto may = writable(); !may)
    return tl::unexpected(may.error());
  return pool_->take();
}

mongo_collection mongo_database::collection(mongoc_client_t* client, const std::string& name) const {
  return mongo_collection{mongoc_client_get_collection(client, pool_->database().c_str(), name.c_str())};
}

void mongo_database::append_durable(bson_t* options) const {
  // libmongoc asks for it as not const, and changes nothing.
  mongoc_write_concern_append(const_cast<mongoc_write_concern_t*>(pool_->write_concern()), options);
}

expected<void> mongo_database::command(bson_t* what, bson_t* reply) {
  auto client = pool_->take();
  if (!client)
    return tl::unexpected(client.error());
  bson_error_t why;
  if (!mongoc_client_command_simple(*client, pool_->database().c_str(), what, nullptr, reply, &why))
    return tl::unexpected(pool_->translate(why));
  return {};
}

expected<std::uint64_t> mongo_database::count(const std::string& in, bson_t* filter) {
  auto client = pool_->take();
  if (!client)
    return tl::unexpected(client.error());
  bson_error_t why;
  auto found =
      mongoc_collection_count_documents(collection(*client, in).get(), filter, nullptr, nullptr, nullptr, &why);
  if (found < 0)
    return tl::unexpected(pool_->translate(why));
  return static_cast<std::uint64_t>(found);
}

expected<bool> mongo_database::insert(const std::string& into, bson_t* document) {
  auto client = writer();
  if (!client)
    return tl::unexpected(client.error());
  bson_document options;
  append_durable(options);
  bson_error_t why;
  if (mongoc_collection_insert_one(collection(*client, into).get(), document, options, nullptr, &why))
    return true;
  if (why.code == duplicate_key_code)
    return false;
  return tl::unexpected(pool_->translate(why));
}

expected<std::uint64_t> mongo_database::replace_one(const std::string& in, bson_t* filter, bson_t* document,
                                                    bool or_insert) {
  auto client = writer();
  if (!client)
    return tl::unexpected(client.error());
  bson_document options;
  if (or_insert)
    bson_append_bool(options, "upsert", -1, true);
  append_durable(options);
  bson_document reply;
  bson_error_t why;
  if (!mongoc_collection_replace_one(collection(*client, in).get(), filter, document, options, reply, &why))
    return tl::unexpected(pool_->translate(why));
  return unsigned_at(reply, "matchedCount");
}

expected<bool> mongo_database::replace(const std::string& in, bson_t* filter, bson_t* document) {
  return replace_one(in, filter, document, false).map([](std::uint64_t matched) { return matched == 1; });
}

expected<void> mongo_database::upsert(const std::string& into, bson_t* filter, bson_t* document) {
  return replace_one(into, filter, document, true).map([](std::uint64_t) {});
}

expected<void> mongo_database::update_all(const std::string& in, bson_t* filter, bson_t* change) {
  auto client = writer();
  if (!client)
    return tl::unexpected(client.error());
  bson_document options;
  append_durable(options);
  bson_error_t why;
  if (!mongoc_collection_update_many(collection(*client, in).get(), filter, change, options, nullptr, &why))
    return tl::unexpected(pool_->translate(why));
  return {};
}

expected<std::uint64_t> mongo_database::remove(const std::string& from, bson_t* filter) {
  auto client = writer();
  if (!client)
    return tl::unexpected(client.error());
  bson_document options;
  append_durable(options);
  bson_document reply;
  bson_error_t why;
  if (!mongoc_collection_delete_many(collection(*client, from).get(), filter, options, reply, &why))
    return tl::unexpected(pool_->translate(why));
  return unsigned_at(reply, "deletedCount");
}

expected<mongo_database::bulk> mongo_database::begin_bulk(const std::string& into) {
  auto client = writer();
  if (!client)
    return tl::unexpected(client.error());
  bson_document options;
  bson_append_bool(options, "ordered", -1, false);
  append_durable(options);
  auto to = collection(*client, into);
  return bulk{*pool_, std::move(*client), std::move(to), options};
}

mongo_database::bulk::bulk(const mongo_pool& pool, mongo_pool::lease client, mongo_collection into, bson_t* options)
    : pool_(&pool)
    , client_(std::move(client))
    , into_(std::move(into))
    , operation_(mongoc_collection_create_bulk_operation_with_opts(into_.get(), options)) {}

expected<void> mongo_database::bulk::add(bson_t* filter, bson_t* document) {
  if (document->len > max_document_bytes)
    return too_large(text_at(document, "_id"));
  bson_document options;
  bson_append_bool(options, "upsert", -1, true);
  // Our own escaping has seen to names; libmongoc's check would turn down the empty one, which is fine.
  bson_append_bool(options, "validate", -1, false);
  bson_error_t why;
  if (!mongoc_bulk_operation_replace_one_with_opts(operation_.get(), filter, document, options, &why))
    return tl::unexpected(pool_->translate(why));
  return {};
}

expected<std::vector<std::size_t>> mongo_database::bulk::execute() {
  bson_document reply;
  bson_error_t why;
  auto done = mongoc_bulk_operation_execute(operation_.get(), reply, &why);
  auto failed = write_errors(reply);
  // Where the connection broke, the reply tells only of what went before.
  if (done == 0 && (failed.empty() || why.domain == MONGOC_ERROR_STREAM || why.domain == MONGOC_ERROR_SERVER_SELECTION))
    return tl::unexpected(pool_->translate(why));
  std::vector<std::size_t> taken;
  for (const auto& each : failed) {
    if (each.code != duplicate_key_code)
      return tl::unexpected(mongo_server_error(each.code, each.message, pool_->place()));
    taken.push_back(each.index);
  }
  if (acknowledged_by_too_few(reply))
    return tl::unexpected(
        mongo_server_error(write_concern_failed_code, "too few servers acknowledged a write in time", pool_->place()));
  return taken;
}

} // namespace throng::storage
