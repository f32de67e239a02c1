// The `shift` detector: the mean of an entity's last few values against the values before them.
#pragma once

#include <memory>

#include "analytics/detector.hpp"

namespace throng::analytics {

class detector_parameters;

/// Let x1..xn be an entity's finite values in the order of the partition, `recent` the last `short` of them, `history` the up to `long`
/// before those. The z-score is |mean(recent) - mean(history)| / s, where s is the sample standard deviation of history, but at
/// least a thousandth of |mean(history)| and 1e-9: so a constant alarms when it changes, not when its last digit flickers. s is not divided
/// by sqrt(short): neighbouring values of a sensor are not independent, and a steady drift (whose end is 1.7 s from its mean) is no
/// shift. An alarm is z >= `threshold`, once history has max(2 `short`, `long` / 4) values; then none until `refractory` has passed in
/// event time, while the history goes on learning: a level that stays becomes the ordinary.
///
/// The score is z / (z + threshold): 0.5 at the threshold. Gaps change nothing, as all is counted in values; what is absent, text or
/// not finite is passed over. Bytes a key: 8 (short + long) and about 100.
///
/// Sums are kept relative to a centre and computed anew once in `long` values, so that rounding does not pile up (z within 1e-6
/// relative of its definition where |mean| < 1e6 s). Short mean against long history with a refractory period is what scored best for its
/// cost on public benchmark streams (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms", ICMLA 2015, is the benchmark).
const detector_doc& shift_doc();
std::shared_ptr<const detector> make_shift(detector_parameters& parameters);

} // namespace throng::analytics
