#include "analytics/detector.hpp"

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/learner_stage.hpp"
#include "analytics/model_stage.hpp"
#include "analytics/peer_stage.hpp"
#include "analytics/shift.hpp"
#include "config/problem.hpp"

namespace throng::analytics {

namespace {

/// A new detector is a file and a line here.
const std::vector<registered_detector>& registry() {
  static const std::vector<registered_detector> all{
      auto_detector(),  ensemble_detector(),         threshold_detector(), {shift_doc(), make_shift},
      ewma_detector(),  hampel_detector(),           seasonal_detector(),  cusum_detector(),
      stuck_detector(), silence_detector(),          rate_detector(),      novelty_detector(),
      spot_detector(),  half_space_trees_detector(), forest_detector(),
  };
  return all;
}

} // namespace

const std::vector<detector_doc>& known_detectors() {
  static const std::vector<detector_doc> docs = [] {
    std::vector<detector_doc> made;
    for (const auto& entry : registry())
      made.push_back(entry.doc);
    return made;
  }();
  return docs;
}

const std::vector<detector_doc>& pipeline_detectors() {
  static const std::vector<detector_doc> docs{peers_doc(), model_doc(), learner_doc()};
  return docs;
}

tl::expected<std::shared_ptr<const detector>, findings> make_detector(const config::detect& definition,
                                                                      const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : registry()) {
    if (entry.doc.name == definition.detector) {
      detector_parameters parameters{definition.parameters, entry.doc, path};
      auto made = entry.make(parameters);
      if (auto found = parameters.take_findings(); !found.empty())
        return tl::unexpected(std::move(found));
      return made;
    }
    names.emplace_back(entry.doc.name);
  }
  auto nearest = config::nearest_name(definition.detector, names);
  return tl::unexpected(
      findings{{path + ".detector", fmt::format("there is no detector {}{}", definition.detector,
                                                nearest.empty() ? fmt::format("; there are: {}", fmt::join(names, ", "))
                                                                : fmt::format("; did you mean {}?", nearest))}});
}

} // namespace throng::analytics
