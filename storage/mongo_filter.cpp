#include "storage/mongo_filter.hpp"

#include <algorithm>

#include <bson/bson.h>
#include <fmt/format.h>

#include "storage/bson_codec.hpp"
#include "storage/bson_document.hpp"
#include "storage/layout.hpp"

namespace throng::storage {

void append_conditions(bson_t* filter, analytics::collection of, const std::vector<condition>& conditions) {
  if (conditions.empty())
    return;
  constexpr const char* operators[] = {"$eq", "$in", "$lt", "$lte", "$gt", "$gte"};
  const auto& times = analytics::time_fields(of);
  // As `$and`, since several may be on one field.
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

void append_id_prefix(bson_t* filter, std::string_view prefix) {
  bson_t range;
  bson_append_document_begin(filter, "_id", -1, &range);
  append_text(&range, "$gte", prefix);
  append_text(&range, "$lt", end_of_prefix(prefix));
  bson_append_document_end(filter, &range);
}

void append_ids(bson_t* filter, const std::vector<std::string_view>& ids) {
  bson_t in;
  bson_t list;
  bson_append_document_begin(filter, "_id", -1, &in);
  bson_append_array_begin(&in, "$in", -1, &list);
  std::size_t number = 0;
  for (auto id : ids)
    append_text(&list, fmt::to_string(number++).c_str(), id);
  bson_append_array_end(&in, &list);
  bson_append_document_end(filter, &in);
}

void append_no_tombstones(bson_t* filter) {
  BCON_APPEND(filter, "deleted", "{", "$ne", BCON_BOOL(true), "}");
}

void append_sort_by_id(bson_t* options) {
  BCON_APPEND(options, "sort", "{", "_id", BCON_INT32(1), "}");
}

} // namespace throng::storage
