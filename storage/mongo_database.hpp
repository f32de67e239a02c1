// One MongoDB database as its users want it: a client for each call, writes that a majority has, refusal where it is read only, errors
// in our words. Knows collections by name; what lies in them is its users'.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/error.hpp"
#include "storage/bson_document.hpp"
#include "storage/mongo_client.hpp"

namespace throng::storage {

/// Thread-safe. Filters, options and documents are libmongoc's, and left as they are.
class mongo_database {
public:
  mongo_database(std::unique_ptr<mongo_pool> pool, bool read_only)
      : pool_(std::move(pool))
      , read_only_(read_only) {}

  /// denied: it is opened for reading only.
  expected<void> writable() const;

  /// @param reply an empty document for what the server answers; null: not wanted
  expected<void> command(bson_t* what, bson_t* reply = nullptr);

  /// Hands each document found to `use`, whose error ends it, with the document's place in front.
  /// @param use `expected<void>(const bson_t*)`
  template <class Use>
  expected<void> for_each(const std::string& in, bson_t* filter, bson_t* options, Use use);
  /// What `read` makes of each document found.
  /// @param read `expected<T>(const bson_t*)`
  template <class Read>
  auto collect(const std::string& in, bson_t* filter, bson_t* options, Read read)
      -> expected<std::vector<typename decltype(read(nullptr))::value_type>>;
  expected<std::uint64_t> count(const std::string& in, bson_t* filter);

  /// False: its id is taken.
  expected<bool> insert(const std::string& into, bson_t* document);
  /// Whether there was one to replace.
  expected<bool> replace(const std::string& in, bson_t* filter, bson_t* document);
  expected<void> upsert(const std::string& into, bson_t* filter, bson_t* document);
  expected<void> update_all(const std::string& in, bson_t* filter, bson_t* change);
  /// @return how many
  expected<std::uint64_t> remove(const std::string& from, bson_t* filter);

  /// Upserts, in any order, in one call.
  class bulk;
  expected<bulk> begin_bulk(const std::string& into);

private:
  expected<mongo_pool::lease> writer();
  mongo_collection collection(mongoc_client_t* client, const std::string& name) const;
  /// Acknowledged by a majority, in bounded time.
  void append_durable(bson_t* options) const;
  expected<std::uint64_t> replace_one(const std::string& in, bson_t* filter, bson_t* document, bool or_insert);

  std::unique_ptr<mongo_pool> pool_;
  bool read_only_;
};

/// Gathers upserts, then sends them. Not thread-safe; holds a client. Must not outlive its database.
class mongo_database::bulk {
public:
  /// invalid: the document is larger than the server takes.
  expected<void> add(bson_t* filter, bson_t* document);

  /// By their numbers in the order of add, those that found their id taken: their filters did not match what stands there. All others are
  /// durable when it returns without error; after an error any part may be. Once only, and not empty.
  expected<std::vector<std::size_t>> execute();

  bulk(const mongo_pool& pool, mongo_pool::lease client, mongo_collection into, bson_t* options);

private:
  const mongo_pool* pool_;
  mongo_pool::lease client_; ///< before what lives by it
  mongo_collection into_;
  std::unique_ptr<mongoc_bulk_operation_t, destroy_with<mongoc_bulk_operation_destroy>> operation_;
};

template <class Use>
expected<void> mongo_database::for_each(const std::string& in, bson_t* filter, bson_t* options, Use use) {
  auto client = pool_->take();
  if (!client)
    return tl::unexpected(client.error());
  auto from = collection(*client, in);
  mongo_cursor cursor{mongoc_collection_find_with_opts(from.get(), filter, options, nullptr)};
  const bson_t* found = nullptr;
  while (mongoc_cursor_next(cursor.get(), &found))
    if (expected<void> used = use(found); !used)
      return fail(used.error().kind, fmt::format("{} {}: {}", in, text_at(found, "_id"), used.error().message));
  bson_error_t why;
  if (mongoc_cursor_error(cursor.get(), &why))
    return tl::unexpected(pool_->translate(why));
  return {};
}

template <class Read>
auto mongo_database::collect(const std::string& in, bson_t* filter, bson_t* options, Read read)
    -> expected<std::vector<typename decltype(read(nullptr))::value_type>> {
  std::vector<typename decltype(read(nullptr))::value_type> out;
  auto done = for_each(in, filter, options, [&](const bson_t* found) -> expected<void> {
    auto one = read(found);
    if (!one)
      return tl::unexpected(one.error());
    out.push_back(std::move(*one));
    return {};
  });
  if (!done)
    return tl::unexpected(done.error());
  return out;
}

/// What no document may be.
tl::unexpected<error> too_large(const std::string& id);

} // namespace throng::storage
