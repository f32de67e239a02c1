// What a CSV cell is as a value: CSV itself says nothing of types.
#pragma once

#include <string_view>

#include "analytics/value.hpp"
#include "config/csv_rows.hpp"

namespace throng::analytics {

/// The number, true or false that a text is as JSON; else missing.
value scalar_of(std::string_view text);

/// In quotes it is text; else null where it is empty, such a scalar where it is one, and text.
/// @returns a view into the cell
value cell_value(const csv_cell& from);

} // namespace throng::analytics
