// JSON text of Boost.JSON's values, as people write it: numbers in their shortest form that reads back the same (Boost.JSON's own
// serialiser writes 20.5 as 2.05E1).
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace throng::analytics {

/// Appends without spaces; what is not finite as null.
void append_json_text(std::string& out, const boost::json::value& x);

/// The same with every object's fields in the order of their names: equal for equal definitions.
void append_canonical_json(std::string& out, const boost::json::value& x);

} // namespace throng::analytics
