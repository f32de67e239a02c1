// A document's leaves as columns.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

namespace throng::analytics {

/// The document's leaves as (dotted name, value), objects opened, arrays whole. Borrows.
using flat_document = std::vector<std::pair<std::string, const boost::json::value*>>;
flat_document flatten(const boost::json::object& document);

/// The leaves as one JSON object, by their dotted names.
void append_json_text(std::string& out, const flat_document& document);

} // namespace throng::analytics
