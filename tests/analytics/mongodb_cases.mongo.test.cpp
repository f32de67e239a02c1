// The same cases against a server that speaks MongoDB's protocol, whose URI stands in THRONG_TEST_MONGODB (deploy/servers/mongo.sh up
// prints one).
#define CAF_SUITE analytics.mongodb_cases_mongo

#include "mongodb_cases.hpp"

#include <cstdlib>
#include <optional>

#include <caf/test/unit_test.hpp>
#include <mongoc/mongoc.h>
#include <unistd.h>

#include "config/time.hpp"
#include "storage/bson_document.hpp"
#include "storage/mongo_client.hpp"

using namespace throng;
using namespace throng::test;
using storage::bson_document;

namespace {

/// As a driver sends it: integers in 32 bits where they fit, the named fields as dates.
bool append(bson_t* to, std::string_view name, const boost::json::value& x, bool is_date) {
  auto length = static_cast<int>(name.size());
  switch (x.kind()) {
  case boost::json::kind::null:
    return bson_append_null(to, name.data(), length);
  case boost::json::kind::bool_:
    return bson_append_bool(to, name.data(), length, x.get_bool());
  case boost::json::kind::int64:
    if (auto n = x.get_int64(); n >= INT32_MIN && n <= INT32_MAX)
      return bson_append_int32(to, name.data(), length, static_cast<std::int32_t>(n));
    return bson_append_int64(to, name.data(), length, x.get_int64());
  case boost::json::kind::uint64:
  case boost::json::kind::double_:
    return bson_append_double(to, name.data(), length, x.to_number<double>());
  case boost::json::kind::string: {
    const auto& text = x.get_string();
    if (is_date)
      return bson_append_date_time(to, name.data(), length, parse_iso8601({text.data(), text.size()})->ms);
    return bson_append_utf8(to, name.data(), length, text.data(), static_cast<int>(text.size()));
  }
  case boost::json::kind::array: {
    bson_document inner;
    std::size_t i = 0;
    for (const auto& each : x.get_array())
      append(inner, std::to_string(i++), each, false);
    return bson_append_array(to, name.data(), length, inner);
  }
  case boost::json::kind::object: {
    bson_document inner;
    for (const auto& each : x.get_object())
      append(inner, {each.key().data(), each.key().size()}, each.value(), false);
    return bson_append_document(to, name.data(), length, inner);
  }
  }
  return false;
}

/// The JSON of a value that a server gave; dates as ISO 8601 text.
boost::json::value json_of(bson_iter_t& at) {
  switch (bson_iter_type(&at)) {
  case BSON_TYPE_NULL:
    return nullptr;
  case BSON_TYPE_BOOL:
    return bson_iter_bool(&at);
  case BSON_TYPE_INT32:
    return bson_iter_int32(&at);
  case BSON_TYPE_INT64:
    return bson_iter_int64(&at);
  case BSON_TYPE_DOUBLE:
    return bson_iter_double(&at);
  case BSON_TYPE_UTF8: {
    std::uint32_t size = 0;
    const auto* text = bson_iter_utf8(&at, &size);
    return boost::json::string(text, size);
  }
  case BSON_TYPE_DATE_TIME:
    return boost::json::string(to_iso8601({bson_iter_date_time(&at)}));
  case BSON_TYPE_ARRAY: {
    boost::json::array out;
    bson_iter_t inner;
    for (bson_iter_recurse(&at, &inner); bson_iter_next(&inner);)
      out.push_back(json_of(inner));
    return out;
  }
  case BSON_TYPE_DOCUMENT: {
    boost::json::object out;
    bson_iter_t inner;
    for (bson_iter_recurse(&at, &inner); bson_iter_next(&inner);)
      out[bson_iter_key(&inner)] = json_of(inner);
    return out;
  }
  default:
    return boost::json::string("of type " + std::to_string(bson_iter_type(&at)));
  }
}

/// A collection of this process, gone when it ends.
class own_collection {
public:
  own_collection() {
    const char* uri = std::getenv("THRONG_TEST_MONGODB");
    if (uri == nullptr || *uri == '\0')
      CAF_FAIL("THRONG_TEST_MONGODB is not set: give it the URI of a server, as deploy/servers/mongo.sh up prints it");
    std::string name = "throng_cases_" + std::to_string(getpid());
    std::string full = uri;
    full += (full.back() == '/' ? "" : "/") + name;
    auto pool = storage::mongo_pool::open(full);
    if (!pool)
      CAF_FAIL(pool.error().message);
    pool_ = std::move(*pool);
    auto client = pool_->take();
    if (!client)
      CAF_FAIL(client.error().message);
    client_.emplace(std::move(*client));
    made_.reset(mongoc_client_get_collection(*client_, name.c_str(), "cases"));
  }
  ~own_collection() {
    mongoc_collection_drop(made_.get(), nullptr);
  }
  mongoc_collection_t* get() {
    return made_.get();
  }

  void insert(std::int32_t id, const boost::json::object& document, const std::vector<std::string>& dates = {}) {
    bson_document made;
    bson_append_int32(made, "_id", -1, id);
    for (const auto& each : document) {
      std::string_view name{each.key().data(), each.key().size()};
      append(made, name, each.value(), std::find(dates.begin(), dates.end(), name) != dates.end());
    }
    bson_error_t why;
    if (!mongoc_collection_insert_one(made_.get(), made, nullptr, nullptr, &why))
      CAF_FAIL(why.message);
  }

private:
  std::unique_ptr<storage::mongo_pool> pool_;
  std::optional<storage::mongo_pool::lease> client_;
  storage::mongo_collection made_;
};

using cursor = std::unique_ptr<mongoc_cursor_t, storage::destroy_with<mongoc_cursor_destroy>>;

outcome computed(own_collection& in, std::int32_t id, const expression_case& x) {
  bson_document command;
  append(command, "pipeline",
         boost::json::array{boost::json::object{{"$match", boost::json::object{{"_id", id}}}},
                            boost::json::object{{"$addFields", boost::json::object{{"result", x.of}}}}},
         false);
  cursor rows{mongoc_collection_aggregate(in.get(), MONGOC_QUERY_NONE, command, nullptr, nullptr)};
  const bson_t* row = nullptr;
  if (!mongoc_cursor_next(rows.get(), &row))
    return outcome::of_error();
  bson_iter_t at;
  if (!bson_iter_init_find(&at, row, "result"))
    return {};
  return outcome::of_value(json_of(at));
}

std::string matched(own_collection& in, std::int32_t id, const match_case& x) {
  bson_document filter;
  append(filter, "$and", boost::json::array{boost::json::object{{"_id", id}}, x.when}, false);
  cursor rows{mongoc_collection_find_with_opts(in.get(), filter, nullptr, nullptr)};
  const bson_t* row = nullptr;
  if (mongoc_cursor_next(rows.get(), &row))
    return "true";
  bson_error_t why;
  return mongoc_cursor_error(rows.get(), &why) ? "error" : "false";
}

} // namespace

CAF_TEST(a server computes what the cases say) {
  auto cases = mongodb_cases::read(CASES);
  own_collection documents;
  std::int32_t id = 0;
  for (const auto& each : cases.expressions) {
    documents.insert(++id, each.on, each.dates);
    auto got = computed(documents, id, each);
    if (!(got == each.wire))
      CAF_ERROR(each.text << " gave " << got.shown());
  }
}

CAF_TEST(a server matches what the cases say) {
  auto cases = mongodb_cases::read(CASES);
  own_collection documents;
  std::int32_t id = 0;
  for (const auto& each : cases.matches) {
    documents.insert(++id, each.on);
    auto got = matched(documents, id, each);
    if (got != each.wire)
      CAF_ERROR(each.text << " gave " << got);
  }
}
