// The names of the operators, and the sentence for one that is not among them.
#pragma once

#include <string>
#include <string_view>

#include "analytics/expression.hpp"

namespace throng::analytics {

/// "`$gtt` is no match operator; did you mean `$gt`?", or else which there are.
std::string unknown_operator(std::string_view given, bool for_match);

} // namespace throng::analytics
