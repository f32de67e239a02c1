// An alert whose alarm is not over: what was stored of it, and how it has gone on since. When it is over, the same document is written again under its
// id, with its end and its peak; nobody is told of it a second time. Leaves to detectors and rules what belongs to an alarm and when it is over.
#pragma once

#include <cstdint>

#include "analytics/codec.hpp"
#include "analytics/results.hpp"
#include "analytics/value.hpp"
#include "config/time.hpp"

namespace throng::analytics {

class open_alarm {
public:
  /// @param raised the alert's document, not stored yet: it gets an `end` that is null
  explicit open_alarm(document& raised);
  /// @throws corrupt_state
  explicit open_alarm(byte_reader& in);

  /// An event that belongs to the alarm. It ends with the latest of them in event time.
  void goes_on(timestamp t);
  /// The same of a series' value. The peak is the first of the highest.
  void goes_on(timestamp t, const value& x, double height);
  /// A value that is ordinary again. @returns whether it is so many in a row
  bool is_over(std::uint32_t in_a_row);

  /// The document as it was raised, for a store from which a claim has removed what a later life had made of it.
  document as_raised() const;
  /// @param offset of the message by which it is known
  document ended(std::int64_t offset) const;

  void save(byte_writer& out) const;

private:
  owned_value body_; ///< as JSON
  std::int64_t offset_ = 0;
  timestamp last_;
  std::uint32_t ordinary_ = 0; ///< values in a row
  bool has_peak_ = false;      ///< rules see no series
  timestamp peak_time_;
  owned_value peak_;
  double height_ = 0;
};

} // namespace throng::analytics
