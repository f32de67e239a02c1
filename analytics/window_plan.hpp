// One entry of a pipeline's `windows`, compiled: its shape, its group, what it computes. Leaves to window_set what stands open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analytics/aggregate.hpp"
#include "analytics/calendar.hpp"
#include "analytics/event.hpp"
#include "config/time.hpp"

namespace throng::analytics {

struct window_plan {
  enum class shape { aligned, calendar, session };

  std::string name;
  shape kind = shape::aligned; ///< tumbling and hopping ones are aligned
  milliseconds size{0};        ///< a session's gap; 0 of a calendar's
  milliseconds every{0};       ///< equals size where it tumbles
  milliseconds offset{0};
  std::optional<class calendar> calendar; ///< of that shape
  milliseconds lateness{0};
  milliseconds emit_every{0}; ///< 0: not
  std::size_t group = 0;      ///< which group_plan
  struct field {
    std::string name;
    slot from = 0;
    aggregate_plan plan;
  };
  std::vector<field> fields;
  std::string state_header;
  std::string to; ///< topic of final documents; empty: none
};

/// Rounded towards minus infinity. @pre b > 0
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

} // namespace throng::analytics
