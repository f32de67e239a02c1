#include "analytics/expression_functions.hpp"

#include <algorithm>

namespace throng::analytics {

const function* find_function(std::string_view name) {
  for (auto functions : {number_functions(), text_functions(), array_functions(), date_functions(), type_functions()}) {
    auto found = std::find_if(functions.begin(), functions.end(), [&](const auto& x) { return x.name == name; });
    if (found != functions.end())
      return &*found;
  }
  return nullptr;
}

} // namespace throng::analytics
