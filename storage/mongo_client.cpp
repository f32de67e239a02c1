#include "storage/mongo_client.hpp"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "storage/mongo_error.hpp"

namespace throng::storage {

namespace {

using uri_pointer = std::unique_ptr<mongoc_uri_t, destroy_with<mongoc_uri_destroy>>;

constexpr std::int64_t write_concern_timeout_ms = 3'000;

void start_library() {
  static std::once_flag once;
  // Never cleaned up: libmongoc can't be started a second time, and stores may outlive any one owner.
  std::call_once(once, [] {
    mongoc_init();
    // It would write to stderr. What matters of it comes back as errors.
    mongoc_log_set_handler([](mongoc_log_level_t, const char*, const char*, void*) {}, nullptr);
  });
}

/// Defaults of libmongoc are 30 s to find a server, 5 min for an answer, and for ever for a client.
void bound_waiting(mongoc_uri_t* uri) {
  constexpr std::pair<const char*, std::int32_t> bounds[] = {
      {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2'000},
      {MONGOC_URI_CONNECTTIMEOUTMS, 1'000},
      {MONGOC_URI_SOCKETTIMEOUTMS, 3'000},
      {MONGOC_URI_WAITQUEUETIMEOUTMS, 1'000},
  };
  for (const auto& [option, ms] : bounds)
    if (!mongoc_uri_has_option(uri, option))
      mongoc_uri_set_option_as_int32(uri, option, ms);
  if (mongoc_uri_get_appname(uri) == nullptr)
    mongoc_uri_set_appname(uri, "throng");
}

std::string hosts_of(const mongoc_uri_t* uri) {
  std::string out;
  for (const auto* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next)
    out += fmt::format("{}{}", out.empty() ? "" : ",", host->host_and_port);
  if (const char* service = mongoc_uri_get_srv_hostname(uri); out.empty() && service != nullptr)
    out = service;
  return out;
}

} // namespace

expected<std::unique_ptr<mongo_pool>> mongo_pool::open(const std::string& uri) {
  start_library();
  bson_error_t why;
  uri_pointer parsed{mongoc_uri_new_with_error(uri.c_str(), &why)};
  if (!parsed) {
    // libmongoc may quote a part of the URI: shown only where no part of it can be a secret.
    bool secret = uri.find('@') != std::string::npos || uri.find('?') != std::string::npos;
    return fail(error_kind::invalid,
                fmt::format("the MongoDB URI can't be read{}; it is mongodb://[USER:PASSWORD@]HOST[:PORT]/DATABASE"
                            "[?OPTIONS], with %XX for special characters in user and password",
                            secret ? std::string{} : fmt::format(" ({})", why.message)));
  }
  bound_waiting(parsed.get());
  std::unique_ptr<mongo_pool> out{new mongo_pool};
  const char* database = mongoc_uri_get_database(parsed.get());
  out->database_ = database == nullptr ? "throng" : database;
  out->place_ = fmt::format("MongoDB at {}/{}", hosts_of(parsed.get()), out->database_);
  out->pool_.reset(mongoc_client_pool_new_with_error(parsed.get(), &why));
  if (!out->pool_)
    return fail(error_kind::invalid, fmt::format("{}: its options don't fit together", out->place_));
  mongoc_client_pool_set_error_api(out->pool_.get(), MONGOC_ERROR_API_VERSION_2);
  out->write_concern_.reset(mongoc_write_concern_new());
  mongoc_write_concern_set_wmajority(out->write_concern_.get(), static_cast<std::int32_t>(write_concern_timeout_ms));
  return out;
}

mongo_pool::~mongo_pool() = default;

expected<mongo_pool::lease> mongo_pool::take() {
  auto* client = mongoc_client_pool_pop(pool_.get());
  if (client == nullptr)
    return fail(error_kind::unavailable, fmt::format("{}: all connections are in use", place_), true);
  return lease{pool_.get(), client};
}

error mongo_pool::translate(const bson_error_t& what) const {
  return mongo_error(what, place_);
}

} // namespace throng::storage
