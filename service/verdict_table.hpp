// People's verdicts on a pipeline's alerts as tables: for `enrich` (`verdicts`) a row for each entity and time of which somebody has said that
// it was right or wrong to ring, for its detectors the thresholds that they teach (analytics/taught_threshold.hpp). Leaves to lookup_files when they
// are looked at, and to the processors when a version takes effect.
#pragma once

#include <memory>
#include <string>

#include "analytics/lookup_table.hpp"
#include "config/pipeline.hpp"
#include "query/alert_life.hpp"

namespace throng::service {

/// The fields that a row of verdicts has: `entity`, `time`, `verdict` (right, wrong) and `right` (true, false). It counts from the alert's own time on. Of several
/// alerts of one entity and time that are right and wrong, one right makes it right.
/// @param definition of either table @returns exhausted: more than a lookup may have
expected<std::shared_ptr<const analytics::lookup_table>>
verdict_table(const query::alert_lives& lives, const config::pipeline& pipeline, const config::enrichment& definition);

/// Before anybody has said anything.
std::shared_ptr<const analytics::lookup_table> no_verdicts(const config::enrichment& definition);

} // namespace throng::service
