// All checkpoints of an owner at once: their reset, and where their generations begin. One of them is checkpoint_log's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint_header.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

/// --reset: deletes results, alerts and chunks of an owner; headers stay as raised, empty generations, of any identity.
expected<void> reset(result_store& store, const std::string& owner);

/// @param owner a pipeline or recorder; all owners whose names begin with it where it ends in `*`
expected<std::vector<generation_start>> generation_starts(result_store& store, const std::string& owner);

/// Owners of checkpoints over sources whose identity begins with `source_prefix`, in order.
expected<std::vector<std::string>> owners_over(result_store& store, std::string_view source_prefix);

/// The identity of the topic's source as an owner's checkpoints know it; none where there is no checkpoint.
expected<std::optional<std::string>> known_source(result_store& store, const std::string& owner,
                                                  const std::string& topic);

} // namespace throng::storage
