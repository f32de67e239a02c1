// The `auto` detector: needs no parameter. auto_core.hpp says how it thinks.
#pragma once

#include <memory>

#include "analytics/detector.hpp"

namespace throng::analytics {

class detector_parameters;

const detector_doc& auto_doc();
std::shared_ptr<const detector> make_auto(detector_parameters& parameters);

} // namespace throng::analytics
