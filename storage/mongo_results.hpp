// Stamped documents in a MongoDB database: how one lies in its collection, how it is read back, and the bulk write that only goes over
// lesser stamps (semantics.md 6).
#pragma once

#include <span>

#include <bson/bson.h>

#include "storage/mongo_database.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

/// result_store::write. invalid: a document is larger than the server takes; unavailable: one keeps changing under this write.
expected<write_summary> write_guarded(mongo_database& to, std::span<const stamped_document> batch);

/// What write_guarded wrote. corrupt as in read_body.
expected<stored_document> read_stored(const bson_t* from);

} // namespace throng::storage
