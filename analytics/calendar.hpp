// Days, weeks, months, quarters and years as a time zone's clocks count them: where the one that holds a moment begins and ends. A day
// over a clock change has 23 or 25 hours; one that begins in an hour that the clocks leave out begins where that hour would have.
//
// The zones are the system's (tzdata), by Howard Hinnant's date library. Its reader of the system's files knows the rules up to 2037;
// behind that, the last offset stays.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "config/time.hpp"

namespace date {
class time_zone;
} // namespace date

namespace throng::analytics {

class calendar {
public:
  enum class unit { day, week, month, quarter, year }; ///< weeks begin on Monday
  struct span {
    std::int64_t start = 0;
    std::int64_t end = 0; ///< excluded
  };

  /// @param length 1d, 1w, 1mo, 3mo or 1y. @param zone as tzdata names it. invalid: there is no such length or zone
  static expected<calendar> make(std::string_view length, const std::string& zone);

  /// The unit that holds the moment, in milliseconds since 1970 (UTC).
  span at(std::int64_t moment) const;

private:
  calendar(unit length, const date::time_zone* zone)
      : length_(length)
      , zone_(zone) {}
  unit length_;
  const date::time_zone* zone_;
};

} // namespace throng::analytics
