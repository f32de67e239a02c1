// Plain records in a MongoDB database, a collection a kind: result_store's, for kinds that there are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/mongo_database.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

expected<void> put_records(mongo_database& into, const std::string& kind, std::span<const record> batch);
/// Bodies, by rising id.
expected<std::vector<boost::json::object>> read_records(mongo_database& from, const std::string& kind);

} // namespace throng::storage
