// Holds a document against a JSON Schema (draft 7) and says what is wrong in words of ours. Leaves to others what no schema
// can say.
#pragma once

#include <string_view>

#include <boost/json/value.hpp>

#include "config/document.hpp"

namespace throng::config {

/// Reports everything in `in.root` that `schema` does not allow: at its path, with the value, what is allowed, and the
/// nearest known name.
/// @pre schema is a valid draft 7 schema without references to other files
void check_schema(document& in, const boost::json::value& schema);

} // namespace throng::config
