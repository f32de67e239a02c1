#include "analytics/detectors/auto_detector.hpp"

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/auto_core.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

const detector_doc& auto_doc() {
  static const detector_doc doc{
      "auto",
      "A value, or the last few, are not as this entity's past leads to expect: by level, day and week, step, spread, "
      "standing still. Needs no parameter.",
      alarm_parameters()};
  return doc;
}

std::shared_ptr<const detector> make_auto(detector_parameters& parameters) {
  return std::make_shared<scored_detector<auto_core>>(alarm_terms::read(parameters), auto_core{},
                                                      "its values are not as its past leads to expect");
}

} // namespace throng::analytics
