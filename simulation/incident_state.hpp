// An incident as the entity that it befell keeps it, from the order until its closing label.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulation/random.hpp"
#include "simulation/step.hpp"

namespace throng::simulation {

/// Seqs from the first to the last, both included.
struct seq_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  friend bool operator==(const seq_range&, const seq_range&) = default;
};

struct active_incident {
  incident_order order;
  std::uint8_t kind = 0;  ///< index in the core's `incident_kinds`
  bool open = false;      ///< start has come
  std::uint64_t bits = 0; ///< of (seed, incident, occurrence, entity)
  /// What the core wants to remember of it (a stuck value, what has been drained); zeros when it opens.
  std::array<std::int64_t, 6> memo{};

  /// The core's word that this incident made, or changed, the event with this seq of its main topic (channels[0]); in
  /// rising order. The closing label has them all.
  void touch(std::uint64_t seq) {
    touched = true;
    if (!seqs.empty() && seq <= seqs.back().last)
      return; // told twice
    if (!seqs.empty() && seq == seqs.back().last + 1)
      seqs.back().last = seq;
    else
      seqs.push_back({seq, seq});
  }
  /// In [0, 1), the same each time for the same `which`: how this occurrence differs from others.
  double unit(std::uint64_t which) const noexcept {
    return to_unit(draw(bits, which));
  }
  /// 1 - subtlety: what an effect is multiplied with.
  double strength() const noexcept {
    return 1.0 - order.subtlety;
  }

  bool touched = false;
  std::vector<seq_range> seqs; ///< of the events that it made or changed; rising, with a gap between any two
};

} // namespace throng::simulation
