// Who is due when: a ring of buckets of one step each (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987),
// so that a due time costs the same with a million entities as with ten. Knows nothing of what is due.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "config/time.hpp"

namespace throng::simulation {

class timing_wheel {
public:
  struct entry {
    timestamp due;
    std::uint32_t who = 0;
  };

  /// @param grain a bucket's length; what is further off than `ring_size` of them waits in a list of its own
  timing_wheel(timestamp start, milliseconds grain)
      : start_(start)
      , grain_(grain)
      , ring_(ring_size) {
    // all buckets are empty
  }

  /// What is due before what was taken already comes with the next taking.
  void insert(timestamp due, std::uint32_t who) {
    place({due, who}, std::max(bucket_of(due), next_));
  }

  /// Takes out all that is due before `end`, in no particular order. @param take void(const entry&)
  template <class Take>
  void take_until(timestamp end, Take&& take) {
    const auto last = bucket_of(end); // may be cut in two by `end`
    for (; next_ < last; ++next_) {
      refill();
      auto& bucket = ring_[index_of(next_)];
      for (const auto& each : bucket)
        take(each);
      bucket.clear();
    }
    refill();
    auto& bucket = ring_[index_of(next_)];
    const auto due = std::partition(bucket.begin(), bucket.end(), [end](const entry& each) { return each.due >= end; });
    for (auto each = due; each != bucket.end(); ++each)
      take(*each);
    bucket.erase(due, bucket.end());
  }

private:
  static constexpr std::int64_t ring_size = 1024;

  std::int64_t bucket_of(timestamp time) const {
    return std::max<std::int64_t>(0, (time - start_) / grain_);
  }
  static std::size_t index_of(std::int64_t bucket) {
    return static_cast<std::size_t>(bucket % ring_size);
  }
  void place(entry each, std::int64_t bucket) {
    if (bucket < next_ + ring_size)
      ring_[index_of(bucket)].push_back(each);
    else
      far_.push_back(each);
  }
  /// Once a turn of the ring, what was too far off is looked at again.
  void refill() {
    if (next_ < refilled_ + ring_size / 2)
      return;
    refilled_ = next_;
    auto waiting = std::move(far_);
    far_.clear();
    for (const auto& each : waiting)
      place(each, std::max(bucket_of(each.due), next_));
  }

  timestamp start_;
  milliseconds grain_;
  std::vector<std::vector<entry>> ring_;
  std::vector<entry> far_;
  std::int64_t next_ = 0;     ///< the first bucket that has not been taken whole
  std::int64_t refilled_ = 0; ///< when far_ was last looked at
};

} // namespace throng::simulation
