// A pool of libmongoc clients with bounded time-outs. The one place that knows libmongoc's settings; error codes are mongo_error's.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <mongoc/mongoc.h>

#include "config/error.hpp"

namespace throng::storage {

template <auto Destroy>
struct destroy_with {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};

using mongo_collection = std::unique_ptr<mongoc_collection_t, destroy_with<mongoc_collection_destroy>>;
using mongo_cursor = std::unique_ptr<mongoc_cursor_t, destroy_with<mongoc_cursor_destroy>>;

/// Thread-safe.
class mongo_pool {
public:
  /// A client for the length of one call.
  class lease {
  public:
    lease(mongoc_client_pool_t* pool, mongoc_client_t* client)
        : pool_(pool)
        , client_(client) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    lease(lease&& other) noexcept
        : pool_(other.pool_)
        , client_(std::exchange(other.client_, nullptr)) {}
    ~lease() {
      if (client_ != nullptr)
        mongoc_client_pool_push(pool_, client_);
    }
    operator mongoc_client_t*() const {
      return client_;
    }

  private:
    mongoc_client_pool_t* pool_;
    mongoc_client_t* client_;
  };

  /// @param uri with the name of the database, or `throng`; its own time-outs win over ours
  /// invalid: it can't be read. No connection is made yet.
  static expected<std::unique_ptr<mongo_pool>> open(const std::string& uri);
  mongo_pool(const mongo_pool&) = delete;
  mongo_pool& operator=(const mongo_pool&) = delete;
  ~mongo_pool();

  /// unavailable: all clients stay in use for a second.
  expected<lease> take();

  const std::string& database() const {
    return database_;
  }
  /// `w: majority` with its time-out, to be appended to the options of a write.
  const mongoc_write_concern_t* write_concern() const {
    return write_concern_.get();
  }
  /// An error of libmongoc or the server, with the place in front.
  error translate(const bson_error_t& what) const;
  /// Hosts and database, for errors: no user, no password.
  const std::string& place() const {
    return place_;
  }

private:
  mongo_pool() = default;

  std::unique_ptr<mongoc_client_pool_t, destroy_with<mongoc_client_pool_destroy>> pool_;
  std::unique_ptr<mongoc_write_concern_t, destroy_with<mongoc_write_concern_destroy>> write_concern_;
  std::string database_;
  std::string place_;
};

} // namespace throng::storage
