// What people's verdicts on a detector's alerts make of its threshold: it rises to just above the scores that were marked wrong, but never over one
// that was marked right, nor over `feedback_most`. A detector's own threshold is the least that holds; nothing is taught below it.
//
// As of event time: a verdict teaches what lies behind its alert, so the alert itself rings again when the same messages are read again. The steps
// by which a threshold rises and falls are a lookup_table (of `lookup_table::format::topic`), and like every table its version, and from
// which message on that counts, are part of a task's state: alerts stay the same over crashes. Leaves to others where verdicts are kept (query/).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/lookup_table.hpp"
#include "config/pipeline.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// So far above the highest score that was marked wrong.
inline constexpr double taught_margin = 0.001;

/// The scores that people have judged of one detector, or of one entity of it.
class judged_scores {
public:
  void add(double score, bool right) {
    (right ? right_ : wrong_).insert(score);
  }
  /// @pre it was added
  void remove(double score, bool right) {
    auto& among = right ? right_ : wrong_;
    among.erase(among.find(score));
  }
  /// The score that an alarm needs; 0: none was marked wrong.
  double threshold(double most) const;

private:
  std::multiset<double> wrong_;
  std::multiset<double> right_;
};

/// An alert of which somebody has said whether it was right.
struct judged_alarm {
  std::string detector;
  std::string entity;
  timestamp time;
  double score = 0;
  bool right = false;
};

/// What a detector's verdicts are kept under: the detector and, where each entity is taught for itself, the entity.
std::string taught_key(config::feedback by, std::string_view detector, std::string_view entity);

/// Whether any of a pipeline's detectors is taught.
bool is_taught(const config::pipeline& definition);

/// The table that thresholds are looked up in, as a pipeline's `enrich` would name it.
config::enrichment taught_table_definition();

/// Its text: of each detector that is taught, and entity, the thresholds by time.
std::string taught_table_text(const config::pipeline& definition, const std::vector<judged_alarm>& judged);

/// Reads such a table for one detector. Cheap where nothing is taught.
class taught_threshold {
public:
  taught_threshold() = default;
  /// @param table null: nothing is taught
  taught_threshold(const lookup_table* table, config::feedback by, std::string_view detector)
      : table_(table)
      , by_(by)
      , detector_(detector) {}

  /// The score that an alarm of that entity and time needs; 0: the detector's own threshold alone counts.
  double of(std::string_view entity, timestamp at) const;

private:
  const lookup_table* table_ = nullptr;
  config::feedback by_ = config::feedback::off;
  std::string_view detector_;
};

} // namespace throng::analytics
