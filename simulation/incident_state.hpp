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

/// Appends a seq that is not below what is there; told twice, it stands once.
inline void add_seq(std::vector<seq_range>& to, std::uint64_t seq) {
  if (!to.empty() && seq <= to.back().last)
    return;
  if (!to.empty() && seq == to.back().last + 1)
    to.back().last = seq;
  else
    to.push_back({seq, seq});
}

/// Events of another of the entity's topics.
struct topic_seqs {
  topic in = topic::iot_readings;
  std::vector<seq_range> seqs;
  friend bool operator==(const topic_seqs&, const topic_seqs&) = default;
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
    add_seq(seqs, seq);
  }
  /// The same of an event in another of the core's topics, which belongs to one of the main topic's.
  void touch(topic in, std::uint64_t seq) {
    auto at = also.begin();
    while (at != also.end() && at->in != in)
      ++at;
    if (at == also.end())
      at = also.insert(at, topic_seqs{in, {}});
    add_seq(at->seqs, seq);
  }
  /// In [0, 1), the same each time for the same `which`: how this occurrence differs from others.
  double unit(std::uint64_t which) const noexcept {
    return to_unit(draw(bits, which));
  }
  /// 1 - subtlety: what an effect is multiplied with.
  double strength() const noexcept {
    return 1.0 - order.subtlety;
  }

  /// Accounts: the balance as it is, less what it would be without the incident.
  std::int64_t shift = 0;

  bool touched = false;
  std::vector<seq_range> seqs;  ///< of the events that it made or changed; rising, with a gap between any two
  std::vector<topic_seqs> also; ///< the same in the core's other topics
};

} // namespace throng::simulation
