// Features: what an entity did within the last minutes, hours or days, as of the current event. True sliding look-backs over the
// events themselves, exact. Leaves to the engine which events are fed (none older than the watermark) and in which order.
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

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "analytics/event.hpp"
#include "analytics/exact_sum.hpp"
#include "analytics/expression.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/text_ids.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// A place as one number that keeps it to 0.00001 degrees, about a metre; NaN where lat is not in [-90, 90] or lon not in [-180, 180].
double place_number(double lat, double lon);
/// Kilometres between two such places, along the great circle of a sphere of the Earth's mean radius (haversine; Sinnott, 1984).
double distance_km(double a, double b);

/// Features over the same events and field share one memory of them.
struct look_back_plan {
  struct feature {
    config::feature_kind kind = config::feature_kind::count;
    milliseconds over{0};
    slot into = 0;
    bool by_group = false; ///< of habit
  };
  std::optional<match> where; ///< which events count; all without it
  std::optional<slot> field;  ///< none for count and since
  std::optional<slot> lon;    ///< of speed: `field` is the latitude then
  std::optional<slot> group;  ///< of habit: its values are told from one another then, not the field's
  bool numbers = false;       ///< some feature takes the field's numbers, or the places
  bool distinct = false;      ///< some feature tells its values from one another
  bool seen = false;          ///< ... and from the current event's, which need not count itself
  milliseconds longest{0};
  std::vector<feature> features;
};

/// What is remembered of one entity.
class look_back_history {
public:
  struct entry {
    std::int64_t time = 0;
    double number = 0;          ///< NaN where the field is no finite number; of speed a place, see place_number()
    std::uint32_t distinct = 0; ///< number of the value's canonical text, plus 1; 0 where it is null or not asked for
  };

  /// The event whose features are asked for.
  struct current {
    entry what;
    bool counts = false;    ///< it is the last of its time among the entries
    bool has_value = false; ///< its field is not null. Its distinct is 0 where no entry has the same
  };

  /// Forgets what no event from `watermark` on can reach; `gone` sees each entry that goes.
  template <class Gone>
  void forget(const look_back_plan& plan, timestamp watermark, Gone&& gone) {
    // As no event before the watermark will be fed, the sliding spans may move up to it.
    slide(plan, watermark);
    auto bound = watermark.ms - plan.longest.count();
    while (head_ < entries_.size() && entries_[head_].time <= bound)
      gone(entries_[head_++]);
    compact();
  }
  /// Adds an event. Any order of times, none before the last forget()'s watermark.
  void add(const look_back_plan& plan, const entry& what);
  /// A feature's value at an event. @pre as add()
  value value_at(const look_back_plan& plan, std::size_t feature, const current& at);

  const entry* begin() const {
    return entries_.data() + head_;
  }
  const entry* end() const {
    return entries_.data() + entries_.size();
  }
  /// Asks for what the next event will touch.
  void near() const {
    // A history that is added up anew is read as a whole: from where it begins the processor sees by itself where that goes on.
    __builtin_prefetch(entries_.data() + (running_.empty() ? head_ : entries_.size()));
    for (const auto& each : running_)
      __builtin_prefetch(&each);
  }
  /// The next step: what slides out.
  void near_first() const {
    for (const auto& each : running_)
      __builtin_prefetch(entries_.data() + each.first);
  }
  /// Of the last entry. @pre there is one
  timestamp newest() const {
    return {entries_.back().time};
  }

private:
  /// Numbers added up.
  struct sums {
    std::uint32_t numbers = 0;
    std::uint32_t huge = 0; ///< of them, those that exact_sum does not take
    exact_sum sum;
    void count(double number, bool added);
  };
  /// Of one feature over the entries [first, end), which are those with a time in (moment - over, moment].
  struct totals {
    std::uint32_t first = 0;
    sums all;
    /// Of habit by group: the numbers of each; made with the first.
    std::unique_ptr<boost::unordered_flat_map<std::uint32_t, sums>> groups;
    /// How many entries have each value; made with the first.
    std::unique_ptr<boost::unordered_flat_map<std::uint32_t, std::uint32_t>> distinct;
  };
  class span;

  void slide(const look_back_plan& plan, timestamp to);
  void keep_totals(const look_back_plan& plan);
  static void count_in(const look_back_plan::feature& feature, totals& in, const entry& what, bool added);
  void compact();

  std::vector<entry> entries_; // by time, equal times by arrival; those before head_ are forgotten
  std::size_t head_ = 0;
  std::int64_t moment_ = INT64_MIN; // no entry is later
  std::vector<totals> running_;     // by feature; none while the history is short
};

/// The look-backs of one plan in one partition.
class look_back {
public:
  look_back(const look_back_plan& plan, std::string state_prefix, text_ids& entities);

  /// Says that the entity's history will be wanted: for all look-backs step 0, then step 1, and so on to 3.
  void near(text_ids::id entity, int step) const;
  /// Remembers the event if it counts, and fills the features' slots. @pre e.time is not before `watermark`
  void observe(event& e, text_ids::id entity, timestamp watermark);
  /// Drops entities of which nothing can be reached any more.
  void expire(timestamp watermark);

  /// How many entities have a history.
  std::size_t size() const {
    return states_.size();
  }
  /// How many events their histories hold.
  std::size_t events() const {
    return events_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) {
    states_.save(only_changes, put);
  }
  /// @throws corrupt_state
  void restore(std::string_view entity, std::string_view bytes);

private:
  struct state {
    look_back_history history;
    const look_back* owner = nullptr;
    void save(byte_writer& out) const;
  };

  look_back_history::current read(const event& e, bool counts);
  /// @param counts it is one of the entries', else only looked for
  std::uint32_t distinct_number(const value& x, bool counts);
  void gone(const look_back_history::entry& what);

  const look_back_plan* plan_;
  text_ids texts_; // canonical texts of distinct values, held once by each entry
  std::string scratch_;
  std::size_t events_ = 0;
  keyed_states<state> states_;
};

} // namespace throng::analytics
