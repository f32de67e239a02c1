// result_store in a MongoDB database: a collection of documents for each of ours, times as dates, mergeable state as binary. Needs
// upserts, finds with sort and limit, and plain and partial indexes; no transactions, no change streams.
#pragma once

#include <memory>
#include <string>

#include "storage/result_store.hpp"

namespace throng::storage {

/// Answers within seconds also where no server does: unavailable. Makes what indexes are missing, unless it is read only.
expected<std::unique_ptr<result_store>> open_mongo_store(const std::string& uri, bool read_only);

} // namespace throng::storage
