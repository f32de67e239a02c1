// What moved a score, as an alert tells it: the fields by how much each did, most first; three in the sentence, all in the evidence.
// Shared by the detectors that look at several fields. Leaves to them what a share is.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/event.hpp"

namespace throng::analytics {

struct moved_by {
  std::string words; ///< `; most by amount is 20 (+1.12), …`; empty where nothing moved it
  boost::json::object shares;
  boost::json::object values;
};

/// @param shares one a field, and perhaps more @param usable whether the value of a field was seen: else it is told as missing
moved_by what_moved(const event& e, const std::vector<std::string>& fields, const std::vector<slot>& inputs,
                    const std::vector<double>& shares, const std::vector<bool>& usable);

} // namespace throng::analytics
