// The detectors of this folder, for detector.cpp's register: each one's
// documentation and maker stand in its own file, with its definition and
// source.
#pragma once

#include <memory>

#include "analytics/detector.hpp"

namespace throng::analytics {

class detector_parameters;
using detector_maker = std::shared_ptr<const detector> (*)(detector_parameters&);

struct registered_detector {
  detector_doc doc;
  detector_maker make;
};

registered_detector auto_detector();
registered_detector threshold_detector();
registered_detector ewma_detector();
registered_detector hampel_detector();
registered_detector seasonal_detector();
registered_detector cusum_detector();
registered_detector stuck_detector();
registered_detector silence_detector();
registered_detector rate_detector();
registered_detector novelty_detector();
registered_detector spot_detector();
registered_detector half_space_trees_detector();
registered_detector forest_detector();
registered_detector ensemble_detector();

} // namespace throng::analytics
