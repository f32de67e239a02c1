// The mergeable state of a window's partial, as the store keeps it beside the document: the aggregates' names, then their cells. It
// describes itself, so that the query layer merges without any pipeline's definition.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/aggregate.hpp"
#include "analytics/codec.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// A field of a window and its aggregates, in the order of the file.
using aggregated_fields = std::vector<std::pair<std::string, std::vector<config::aggregate>>>;

/// The part before the cells: the same for all partials of a window. Cells follow, one a field, by aggregate_cell::save().
std::string partial_state_header(const aggregated_fields& fields);

/// Reads that part. @throws corrupt_state
aggregated_fields read_partial_state_header(byte_reader& in);

} // namespace throng::analytics
