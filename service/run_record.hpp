// What is kept of a run in the collection `runs`: its report, under an id that rises with time.
#pragma once

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Adds `id` and `ended` (wall clock) to the report and keeps it.
expected<void> record_run(storage::result_store& store, boost::json::object report);

} // namespace throng::service
