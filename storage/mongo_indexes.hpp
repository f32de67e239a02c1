// The indexes of a MongoDB database, as each collection's layout wants them.
#pragma once

#include "storage/mongo_database.hpp"

namespace throng::storage {

/// Makes those that are missing.
expected<void> make_indexes(mongo_database& in);

} // namespace throng::storage
