// The series of all entities under one detector: begun with an entity's first value, dropped when event time has passed what the detector remembers.
// An alert that it raised goes on here until its alarm is over. Leaves to the caller what the value is, and what an alarm becomes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "analytics/detector.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/open_alarm.hpp"
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
      , calm_values_(watching.calm_values())
      , states_(std::move(state_prefix), entities) {}

  /// Writes the alert that rang before, if its alarm is over or another rings now. What rings is told of by opened().
  /// @param at_least score of an alarm, whatever the detector's own threshold @param offset of the message
  answer observe(text_ids::id entity, timestamp time, const value& x, double at_least, std::int64_t offset,
                 effects& out) {
    const auto expires = time + watching_->forget();
    auto* known = states_.find(entity);
    if (known == nullptr)
      known = &states_.make(entity, {watching_->fresh(), {}}, expires);
    answer made{known->series->observe(time, x, at_least), known->series.get()};
    if (known->alarm)
      go_on(known->alarm, made.said, time, x, offset, out);
    states_.changed(entity, expires);
    return made;
  }

  /// The alert of an observation that rang. @param raised its document, not stored yet
  void opened(text_ids::id entity, timestamp time, const value& x, const detection& said, document& raised) {
    auto& alarm = states_.find(entity)->alarm;
    alarm = std::make_unique<open_alarm>(raised);
    alarm->goes_on(time, x, said.height);
  }

  /// Alarms whose series are forgotten are over. @param offset of the message that moved the watermark
  void expire(timestamp watermark, std::int64_t offset, effects& out) {
    states_.expire(watermark, [&](text_ids::id, const state& what) {
      if (what.alarm)
        out.documents.push_back(what.alarm->ended(offset));
    });
  }
  /// Alerts whose alarms are not over, as they were raised.
  void write_open(effects& out) const {
    states_.for_each([&](const state& what) {
      if (what.alarm)
        out.documents.push_back(what.alarm->as_raised());
    });
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
      state made{watching_->fresh(), {}};
      made.series->load(in);
      if (!in.at_end()) // none, or from a program that kept none
        made.alarm = std::make_unique<open_alarm>(in);
      return made;
    });
  }

private:
  struct state {
    std::unique_ptr<series_detector> series;
    std::unique_ptr<open_alarm> alarm;
    void save(byte_writer& out) const {
      series->save(out);
      if (alarm)
        alarm->save(out);
    }
  };

  void go_on(std::unique_ptr<open_alarm>& alarm, const detection& said, timestamp time, const value& x,
             std::int64_t offset, effects& out) const {
    if (said.odd && !said.alarm) {
      alarm->goes_on(time, x, said.height);
    } else if (said.alarm || (said.calm && alarm->is_over(calm_values_))) {
      out.documents.push_back(alarm->ended(offset));
      alarm.reset();
    }
  }

  const detector* watching_;
  std::uint32_t calm_values_;
  keyed_states<state> states_;
};

} // namespace throng::analytics
