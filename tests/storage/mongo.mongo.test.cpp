// The conformance suite against a real server, whose URI stands in THRONG_TEST_MONGODB (deploy/servers/mongo.sh up prints one).
#define CAF_SUITE storage.mongo

#include <cstdlib>

#include <fmt/format.h>
#include <mongoc/mongoc.h>
#include <unistd.h>

#include "conformance.hpp"
#include "storage/mongo_client.hpp"

using namespace throng;
using namespace throng::storage;

namespace {

std::string server() {
  const char* uri = std::getenv("THRONG_TEST_MONGODB");
  if (uri == nullptr || *uri == '\0')
    CAF_FAIL(
        "THRONG_TEST_MONGODB is not set: give it the URI of a MongoDB server, as deploy/servers/mongo.sh up prints it");
  std::string out = uri;
  if (out.find('/', out.find("//") + 2) == std::string::npos)
    out += '/';
  return out;
}

/// A database of this process, gone when it ends.
class own_database {
public:
  own_database() {
    auto opened = open_store(uri_);
    if (!opened)
      CAF_FAIL(opened.error().message);
    store_ = std::move(*opened);
  }
  ~own_database() {
    store_.reset();
    auto pool = mongo_pool::open(uri_);
    if (!pool)
      return;
    if (auto client = (*pool)->take()) {
      std::unique_ptr<mongoc_database_t, destroy_with<mongoc_database_destroy>> database{
          mongoc_client_get_database(*client, (*pool)->database().c_str())};
      mongoc_database_drop(database.get(), nullptr);
    }
  }
  result_store& store() {
    return *store_;
  }
  const std::string& uri() const {
    return uri_;
  }

private:
  std::string uri_ = server() + fmt::format("throng_test_{}", getpid());
  std::unique_ptr<result_store> store_;
};

own_database& database() {
  static own_database the_one;
  return the_one;
}

result_store& fresh_store() {
  auto& store = database().store();
  conformance::must(store.remove_results());
  for (auto kind : {"runs", "inputs"})
    conformance::must(store.remove_records(kind));
  return store;
}

bool names(const error& what, const std::string& part) {
  return what.message.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(opening again makes nothing twice and finds what was written) {
  auto& store = fresh_store();
  conformance::must(conformance::write(store, {conformance::window("id", 5)}, {1, 1}));
  auto again = conformance::must(open_store(database().uri()));
  CAF_CHECK_EQUAL(conformance::all(*again).size(), 1u);
}

CAF_TEST(an index that differs is told and left as it is) {
  const auto uri = server() + fmt::format("throng_test_index_{}", getpid());
  auto pool = conformance::must(mongo_pool::open(uri));
  auto client = conformance::must(pool->take());
  std::unique_ptr<mongoc_database_t, destroy_with<mongoc_database_destroy>> own{
      mongoc_client_get_database(client, pool->database().c_str())};
  bson_t* ask = BCON_NEW("createIndexes", "alerts", "indexes", "[", "{", "name", "tombstones", "key", "{", "something",
                         BCON_INT32(1), "}", "}", "]");
  bson_error_t why;
  CAF_CHECK(mongoc_database_write_command_with_opts(own.get(), ask, nullptr, nullptr, &why));
  bson_destroy(ask);
  auto opened = open_store(uri);
  CAF_REQUIRE(!opened);
  CAF_MESSAGE(opened.error().message);
  CAF_CHECK(opened.error().kind == error_kind::conflict);
  CAF_CHECK(names(opened.error(), "tombstones"));
  CAF_CHECK(names(opened.error(), "drop or rename it"));
  bson_t* look = BCON_NEW("listIndexes", "alerts");
  bson_t found;
  CAF_CHECK(mongoc_database_read_command_with_opts(own.get(), look, nullptr, nullptr, &found, &why));
  const std::unique_ptr<char, decltype(&bson_free)> text{bson_as_relaxed_extended_json(&found, nullptr), &bson_free};
  CAF_CHECK(std::string_view{text.get()}.find("something") != std::string_view::npos);
  bson_destroy(&found);
  bson_destroy(look);
  mongoc_database_drop(own.get(), nullptr);
}

CAF_TEST(a store opened for reading refuses to be written) {
  auto& store = fresh_store();
  conformance::must(conformance::write(store, {conformance::window("id", 5)}, {1, 1}));
  auto reader = conformance::must(open_store(database().uri(), true));
  CAF_CHECK_EQUAL(conformance::all(*reader).size(), 1u);
  auto refused = conformance::write(*reader, {conformance::window("id", 6)}, {1, 2});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::denied);
}

CAF_TEST(times are dates and stamps plain integers in the database itself) {
  auto& store = fresh_store();
  conformance::must(conformance::write(store, {conformance::window("id", 1'767'592'800'000, 7)}, {3, 4}));
  auto pool = conformance::must(mongo_pool::open(database().uri()));
  auto client = conformance::must(pool->take());
  mongo_collection windows{mongoc_client_get_collection(client, pool->database().c_str(), "windows")};
  bson_t* filter = BCON_NEW("start", BCON_DATE_TIME(1'767'592'800'000), "generation", BCON_INT64(3), "write",
                            BCON_INT64(4), "offset", BCON_INT64(7), "group.district", "north");
  bson_error_t why;
  CAF_CHECK_EQUAL(mongoc_collection_count_documents(windows.get(), filter, nullptr, nullptr, nullptr, &why), 1);
  bson_destroy(filter);
}

CAF_TEST(a document that is too large is refused by name) {
  auto& store = fresh_store();
  auto large = conformance::make(conformance::collection::windows, "giant", {{"text", std::string(17U << 20U, 'x')}});
  auto refused = conformance::write(store, {large}, {1, 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::invalid);
  CAF_CHECK(names(refused.error(), "giant"));
}

CAF_TEST(a server that is not there is unavailable and shows no password) {
  auto opened = open_store("mongodb://someone:secret@127.0.0.1:1/throng?serverSelectionTimeoutMS=50");
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().kind == error_kind::unavailable);
  CAF_CHECK(opened.error().retryable);
  CAF_CHECK(names(opened.error(), "127.0.0.1:1/throng"));
  CAF_CHECK(!names(opened.error(), "secret"));
}
