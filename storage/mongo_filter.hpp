// What to look for in a MongoDB collection, as BSON: our conditions, ids, tombstones or not.
#pragma once

#include <string_view>
#include <vector>

#include <bson/bson.h>

#include "storage/result_store.hpp"

namespace throng::storage {

/// All must hold; none, and nothing is asked. With the same meaning as SQLite's where_clause gives them.
void append_conditions(bson_t* filter, analytics::collection of, const std::vector<condition>& conditions);

void append_id_prefix(bson_t* filter, std::string_view prefix);
void append_ids(bson_t* filter, const std::vector<std::string_view>& ids);
void append_no_tombstones(bson_t* filter);

/// An option of a find: by rising id.
void append_sort_by_id(bson_t* options);

} // namespace throng::storage
