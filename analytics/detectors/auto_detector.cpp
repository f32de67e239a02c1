// `auto`: needs no parameter. auto_core.hpp says how it thinks.
#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/auto_core.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

registered_detector auto_detector() {
  return {with_alarm_parameters("auto",
                                "A value, or the last few, are not as this entity's past leads "
                                "to expect: by level, day, week or cycle, "
                                "step, spread, standing still. Needs no parameter.",
                                {}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            return std::make_shared<scored_detector<auto_core>>(alarm_terms::read(from), auto_core{},
                                                                "its values are not as its past leads to expect");
          }};
}

} // namespace throng::analytics
