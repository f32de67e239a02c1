#include "analytics/taught_threshold.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

template <class Text>
void append_key(Text& to, config::feedback by, std::string_view detector, std::string_view entity) {
  to.append(detector.begin(), detector.end());
  if (by == config::feedback::entity) {
    to.push_back('/'); // no name of a detector has one
    to.append(entity.begin(), entity.end());
  }
}

} // namespace

double judged_scores::threshold(double most) const {
  if (wrong_.empty())
    return 0;
  const auto above = std::min(*wrong_.rbegin() + taught_margin, most);
  return right_.empty() ? above : std::min(above, *right_.begin());
}

std::string taught_key(config::feedback by, std::string_view detector, std::string_view entity) {
  std::string key;
  append_key(key, by, detector, entity);
  return key;
}

bool is_taught(const config::pipeline& definition) {
  return std::any_of(definition.detectors.begin(), definition.detectors.end(),
                     [](const config::detect& each) { return each.feedback != config::feedback::off; });
}

config::enrichment taught_table_definition() {
  config::enrichment made;
  made.thresholds = true;
  made.key = "key";
  made.add = {"threshold"};
  return made;
}

std::string taught_table_text(const config::pipeline& definition, const std::vector<judged_alarm>& judged) {
  std::map<std::string, std::pair<double, std::vector<const judged_alarm*>>> by_key;
  for (const auto& detect : definition.detectors)
    for (const auto& each : judged)
      if (detect.feedback != config::feedback::off && each.detector == detect.name) {
        auto& [most, alarms] = by_key[taught_key(detect.feedback, detect.name, each.entity)];
        most = detect.feedback_most;
        alarms.push_back(&each);
      }
  std::string text;
  for (auto& [key, of] : by_key) {
    auto& [most, alarms] = of;
    std::sort(alarms.begin(), alarms.end(),
              [](const judged_alarm* a, const judged_alarm* b) { return a->time < b->time; });
    judged_scores scores;
    double now = 0;
    for (std::size_t i = 0; i < alarms.size(); ++i) {
      scores.add(alarms[i]->score, alarms[i]->right);
      if (i + 1 < alarms.size() && alarms[i + 1]->time == alarms[i]->time)
        continue;
      const auto threshold = scores.threshold(most);
      if (threshold == now)
        continue;
      now = threshold;
      // Behind the alert itself: read again, it rings again.
      const boost::json::object row{
          {"key", key}, {"since", alarms[i]->time.ms + 1}, {"row", {{"threshold", threshold}}}};
      text += boost::json::serialize(row);
      text += '\n';
    }
  }
  return text;
}

double taught_threshold::of(std::string_view entity, timestamp at) const {
  if (table_ == nullptr)
    return 0;
  // For each event: nothing is allocated for a key of up to 500 bytes.
  fmt::memory_buffer key;
  append_key(key, by_, detector_, entity);
  const auto* row = table_->find(value::of(std::string_view{key.data(), key.size()}), at);
  return row != nullptr && row->front().view().is_finite() ? row->front().view().number() : 0;
}

} // namespace throng::analytics
