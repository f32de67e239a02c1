// All checkpoints of an owner at once: their reset, and where their generations begin. One of them is checkpoint_log's.
#pragma once

#include <string>
#include <vector>

#include "storage/checkpoint_header.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

/// --reset: deletes results, alerts and chunks of an owner; headers stay as raised, empty generations, of any identity.
expected<void> reset(result_store& store, const std::string& owner);

/// @param owner a pipeline or recorder; all owners whose names begin with it where it ends in `*`
expected<std::vector<generation_start>> generation_starts(result_store& store, const std::string& owner);

} // namespace throng::storage
