// The series of all entities under one detector: begun with an entity's first value, dropped when event time has passed what the detector remembers.
// Leaves to the caller what the value is, and what an alarm becomes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "analytics/detector.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/text_ids.hpp"

namespace throng::analytics {

class watched_series {
public:
  /// What the detector said, and whose series can explain it. Borrowed until the next call.
  struct answer {
    detection said;
    const series_detector* series = nullptr;
  };

  /// @param watching and `entities` outlive this
  watched_series(const detector& watching, std::string state_prefix, text_ids& entities)
      : watching_(&watching)
      , states_(std::move(state_prefix), entities) {}

  /// @param at_least score of an alarm, whatever the detector's own threshold
  answer observe(text_ids::id entity, timestamp time, const value& x, double at_least) {
    const auto expires = time + watching_->forget();
    auto* known = states_.find(entity);
    if (known == nullptr)
      known = &states_.make(entity, {watching_->fresh()}, expires);
    answer made{known->series->observe(time, x, at_least), known->series.get()};
    states_.changed(entity, expires);
    return made;
  }

  void expire(timestamp watermark) {
    states_.expire(watermark, [](text_ids::id, const state&) {});
  }
  std::size_t size() const {
    return states_.size();
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) {
    states_.save(only_changes, put);
  }
  /// @throws corrupt_state
  void restore(std::string_view entity, std::string_view bytes) {
    states_.restore(entity, bytes, [this](byte_reader& in) {
      state made{watching_->fresh()};
      made.series->load(in);
      return made;
    });
  }

private:
  struct state {
    std::unique_ptr<series_detector> series;
    void save(byte_writer& out) const {
      series->save(out);
    }
  };

  const detector* watching_;
  keyed_states<state> states_;
};

} // namespace throng::analytics
