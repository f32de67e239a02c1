#include "storage/mongo_records.hpp"

#include <fmt/format.h>

#include "storage/bson_codec.hpp"
#include "storage/bson_document.hpp"
#include "storage/mongo_filter.hpp"

namespace throng::storage {

expected<void> put_records(mongo_database& into, const std::string& kind, std::span<const record> batch) {
  if (batch.empty())
    return {};
  auto bulk = into.begin_bulk(kind);
  if (!bulk)
    return tl::unexpected(bulk.error());
  for (const auto& [id, body] : batch) {
    bson_document filter;
    append_text(filter, "_id", id);
    bson_document document;
    append_text(document, "_id", id);
    if (!append_body(document, body, {}))
      return too_large(id);
    if (auto added = bulk->add(filter, document); !added)
      return added;
  }
  auto taken = bulk->execute();
  if (!taken)
    return tl::unexpected(taken.error());
  // The filter is the id alone, so only two that insert it at the same moment can miss each other.
  if (!taken->empty())
    return fail(error_kind::unavailable,
                fmt::format("{} {}: another program writes it at this moment", kind, batch[taken->front()].first),
                true);
  return {};
}

expected<std::vector<boost::json::object>> read_records(mongo_database& from, const std::string& kind) {
  bson_document filter;
  bson_document options;
  append_sort_by_id(options);
  return from.collect(kind, filter, options, read_body);
}

} // namespace throng::storage
