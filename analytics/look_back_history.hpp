// What is remembered of one entity's events, and what a feature says of them: true sliding look-backs, exact. Which events are fed, and in
// which order, is left to others.
//
// Decided to the letter, where the order of arrival is not that of time: the value at an event of time t is computed over the events of
// its entity that arrived no later than it, were fed, match the feature's `where`, and have a time in (t - over, t]. An event that
// arrived earlier but has a later time does not count; nor does one that comes later, whatever its time. So the value is a function
// of the partition's order alone.
//
// Events are kept until the watermark has passed time + over: an event that is fed later can't be older than the watermark, so none
// of them could reach back that far. That also bounds the state by event time.
//
// The event before the current one is the last of those that count, but for itself: the latest by time, and of equal times the
// one that arrived last.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "analytics/event.hpp"
#include "analytics/exact_sum.hpp"
#include "analytics/expression.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// A place as one number that keeps it to 0.00001 degrees, about a metre; NaN where lat is not in [-90, 90] or lon not in [-180, 180].
double place_number(double lat, double lon);
/// Kilometres between two such places, along the great circle of a sphere of the Earth's mean radius (haversine; Sinnott, 1984).
double distance_km(double a, double b);

/// Features over the same events share one memory of them: a row an event, with its time and what of it is asked for.
struct look_back_plan {
  struct column {
    enum class kind {
      number, ///< NaN where the field is no finite number
      place,  ///< of `field` and `lon`, see place_number(); NaN where they are none
      value,  ///< the number of its canonical text, plus 1; 0 where it is null
      group,  ///< the same, but null is a value like others
    };
    kind what = kind::number;
    slot field = 0;
    slot lon = 0;
    bool seen = false; ///< values are told from those of events that do not count themselves
    bool is_text() const {
      return what == kind::value || what == kind::group;
    }
  };
  struct feature {
    config::feature_kind kind = config::feature_kind::count;
    milliseconds over{0};
    slot into = 0;
    std::size_t numbers = 0; ///< column of its numbers or places, where the kind has any
    std::size_t values = 0;  ///< column of what it tells apart
    bool by_group = false;   ///< of habit
  };
  /// A memory of schema version 3 and before, which was one a field: where its parts are now.
  struct former {
    std::size_t index = 0;
    std::optional<std::size_t> numbers;
    std::optional<std::size_t> values;
  };
  std::optional<match> where; ///< which events count; all without it
  std::vector<column> columns;
  milliseconds longest{0};
  std::vector<feature> features;
  std::vector<former> formers;

  std::size_t width() const {
    return 1 + columns.size();
  }
};

/// What is remembered of one entity.
class look_back_history {
public:
  /// A row begins with its time; behind it stands what each column says.
  using word = std::uint64_t;
  static std::int64_t time_of(const word* row) {
    return static_cast<std::int64_t>(*row);
  }
  static double number_of(const word* row, std::size_t column) {
    return std::bit_cast<double>(row[1 + column]);
  }
  static std::uint32_t value_of(const word* row, std::size_t column) {
    return static_cast<std::uint32_t>(row[1 + column]);
  }
  /// A value that no event has which counts.
  static constexpr std::uint32_t unknown = UINT32_MAX;

  /// The event whose features are asked for.
  struct current {
    const word* row = nullptr;
    bool counts = false; ///< it is the last of its time among the rows
  };

  /// Forgets what no event from `watermark` on can reach; `gone` sees each row that goes.
  template <class Gone>
  void forget(const look_back_plan& plan, timestamp watermark, Gone&& gone) {
    // As no event before the watermark will be fed, the sliding spans may move up to it.
    slide(plan, watermark);
    const auto bound = watermark.ms - plan.longest.count();
    for (; head_ < rows_.size() && time_of(&rows_[head_]) <= bound; head_ += plan.width())
      gone(&rows_[head_]);
    compact(plan);
  }
  /// Adds an event. Any order of times, none before the last forget()'s watermark.
  void add(const look_back_plan& plan, const word* row);
  /// Adds the columns of a former memory, whose rows are of the same events but may begin earlier or later. @pre nothing was added with add()
  /// @throws corrupt_state they are not of the same events
  void join(const look_back_plan& plan, const std::vector<word>& rows, const look_back_plan::former& of);
  /// A feature's value at an event. @pre as add()
  value value_at(const look_back_plan& plan, std::size_t feature, const current& at);

  const word* begin() const {
    return rows_.data() + head_;
  }
  const word* end() const {
    return rows_.data() + rows_.size();
  }
  /// Asks for what the next event will touch.
  void near() const {
    // A history that is added up anew is read as a whole: from where it begins the processor sees by itself where that goes on.
    __builtin_prefetch(rows_.data() + (running_.empty() ? head_ : rows_.size()));
    for (const auto& each : running_)
      __builtin_prefetch(&each);
  }
  /// Asks for the rows themselves.
  void near_oldest() const {
    __builtin_prefetch(rows_.data() + head_);
  }
  /// The next step: what slides out.
  void near_first() const {
    for (const auto& each : running_)
      __builtin_prefetch(rows_.data() + each.first);
  }
  /// Of the last row. @pre there is one
  timestamp newest(const look_back_plan& plan) const {
    return {time_of(end() - plan.width())};
  }

private:
  /// Numbers added up.
  struct sums {
    std::uint32_t numbers = 0;
    std::uint32_t huge = 0; ///< of them, those that exact_sum does not take
    exact_sum sum;
    void count(double number, bool added);
  };
  /// Of one feature over the rows from `first` on, which are those with a time in (moment - over, moment].
  struct totals {
    std::uint32_t first = 0; ///< in words
    sums all;
    /// Of habit by group: the numbers of each; made with the first.
    std::unique_ptr<boost::unordered_flat_map<std::uint32_t, sums>> groups;
    /// How many rows have each value; made with the first.
    std::unique_ptr<boost::unordered_flat_map<std::uint32_t, std::uint32_t>> distinct;
  };
  class span;

  void slide(const look_back_plan& plan, timestamp to);
  void keep_totals(const look_back_plan& plan);
  static void count_in(const look_back_plan::feature& feature, totals& in, const word* row, bool added);
  void compact(const look_back_plan& plan);

  std::vector<word> rows_;          // by time, equal times by arrival; those before head_ are forgotten
  std::size_t head_ = 0;            // in words
  std::int64_t moment_ = INT64_MIN; // no row is later
  std::vector<totals> running_;     // by feature; none while the history is short
};

} // namespace throng::analytics
