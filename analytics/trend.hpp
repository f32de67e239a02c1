// How a field's numbers moved with event time: the first and the last of them, and means that forget. Whatever the order in which they came,
// and into how many parts they were split, it is the same: but for the last bits of the means.
//
// A mean of half-life h as of the last number's time T is the sum of w x over the sum of w, with w = 2^-((T - t)/h): Holt's exponentially
// weighted mean ("Forecasting seasonals and trends by exponentially weighted moving averages", ONR 52, 1957) over irregular times.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "analytics/codec.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// Orders events: (time, partition, offset).
struct event_position {
  timestamp time;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  friend bool operator<(const event_position& a, const event_position& b) {
    return std::tie(a.time.ms, a.partition, a.offset) < std::tie(b.time.ms, b.partition, b.offset);
  }
};

void save_position(byte_writer& out, const event_position& at);
/// @throws corrupt_state
event_position load_position(byte_reader& in);

class trend {
public:
  /// @param half_lives of its means; the same list in every call
  void add(const std::vector<milliseconds>& half_lives, double x, const event_position& at);
  void merge(const std::vector<milliseconds>& half_lives, const trend& other);

  /// The last number less the first; none below two numbers.
  std::optional<double> delta() const;
  /// The same a second; none where both have the same time.
  std::optional<double> rate() const;
  /// @param which of the half-lives. None without numbers.
  std::optional<double> mean(std::size_t which) const;

  void save(byte_writer& out) const;
  /// @throws corrupt_state
  static trend load(const std::vector<milliseconds>& half_lives, byte_reader& in);

private:
  struct end {
    event_position at;
    double x = 0;
  };
  struct decaying {
    double sum = 0;    ///< of w x
    double weight = 0; ///< of w
  };
  void age(const std::vector<milliseconds>& half_lives, timestamp to);

  std::uint64_t numbers_ = 0;
  end first_;
  end last_; ///< its time is that of the means
  std::vector<decaying> means_;
};

} // namespace throng::analytics
