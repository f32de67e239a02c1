// A time zone as MongoDB's date operators name it: tzdata's name, or an offset from UTC. Zones are the system's, by Howard Hinnant's date
// library; leaves lengths of the calendar to windows (calendar.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace date {
class time_zone;
} // namespace date

namespace throng::analytics {

class time_zone {
public:
  time_zone() = default; ///< UTC
  /// `Europe/Paris`, `UTC`, `+02:00`, `-0530`, `+03`. None where there is no such zone.
  static std::optional<time_zone> find(std::string_view name);

  /// Milliseconds since 1970 as the zone's clocks show them at a moment, and back: of a time that comes twice the first; of one that the clocks leave
  /// out, the moment at which they do.
  std::int64_t to_local(std::int64_t moment) const;
  std::int64_t to_moment(std::int64_t local) const;

private:
  const date::time_zone* zone_ = nullptr; ///< none: a fixed offset
  std::int64_t offset_ms_ = 0;
};

} // namespace throng::analytics
