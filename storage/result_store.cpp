#include "storage/result_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/mongo_store.hpp"
#include "storage/sqlite_store.hpp"

namespace throng::storage {

expected<void> result_store::put_record(std::string_view kind, std::string_view id, const boost::json::object& body) {
  record one{std::string(id), body};
  return put_records(kind, {&one, 1});
}

expected<void> result_store::check() {
  constexpr std::string_view kind = "probes";
  if (auto put = put_record(kind, "probe", {{"written", true}}); !put)
    return put;
  if (auto read = records(kind); !read)
    return tl::unexpected(read.error());
  return remove_records(kind);
}

expected<std::unique_ptr<result_store>> open_store(const std::string& uri, bool read_only) {
  constexpr std::string_view sqlite = "sqlite:";
  if (uri.starts_with(sqlite))
    return open_sqlite_store(uri.substr(sqlite.size()), {read_only});
  if (uri.starts_with("mongodb://") || uri.starts_with("mongodb+srv://"))
    return open_mongo_store(uri, read_only);
  // A URI of another kind may hold a password too: only its scheme is shown.
  auto scheme = uri.substr(0, std::min(uri.find(':'), std::size_t{20}));
  return fail(error_kind::invalid,
              fmt::format("a store is sqlite:FILE or mongodb://HOST:PORT/DATABASE, not '{}…'", scheme));
}

} // namespace throng::storage
