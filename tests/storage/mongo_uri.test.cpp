// What can be said about MongoDB URIs and dead servers without a server.
#define CAF_SUITE storage.mongo_uri

#include <caf/test/unit_test.hpp>

#include "storage/result_store.hpp"

using namespace throng;
using namespace throng::storage;

namespace {

error failure(const std::string& uri) {
  auto opened = open_store(uri);
  return opened ? error{error_kind::internal, "it opened", false} : opened.error();
}

bool names(const error& what, const std::string& part) {
  return what.message.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(a URI that can not be read is invalid and shows no secret) {
  for (std::string uri :
       {"mongodb://user:sec%ret@host/db", "mongodb://user:sec/ret@host/db", "mongodb://host/db?password=secret&w=-9x",
        "mongodb://", "mongodb://[::1", "mongodb://user:secret@/db", "mongodb+srv://a,b/db"}) {
    auto what = failure(uri);
    CAF_CHECK(what.kind == error_kind::invalid);
    CAF_CHECK(!names(what, "sec"));
    CAF_CHECK(!what.retryable);
  }
}

CAF_TEST(a server that is not there is unavailable and may be again) {
  auto what = failure("mongodb://user:secret@127.0.0.1:1/city?serverSelectionTimeoutMS=20");
  CAF_CHECK(what.kind == error_kind::unavailable);
  CAF_CHECK(what.retryable);
  CAF_CHECK(names(what, "127.0.0.1:1/city"));
  CAF_CHECK(!names(what, "secret"));
  CAF_CHECK(!names(what, "user"));
}
