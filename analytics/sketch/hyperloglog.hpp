// How many different things, in 4 KiB at most. Leaves to others what makes things different: it takes hashes.
//
// Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog" (AofA 2007), with 64-bit hashes and the improved raw estimator of Ertl, "New
// cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284, section 4), which has no seams
// between ranges and no empirical tables.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/codec.hpp"

namespace throng::analytics {

/// Exact up to exact_limit different hashes; beyond, 2^12 registers with a relative standard error of 1.04 / 2^6 = 1.6 %.
/// What it holds depends on the set of hashes only, not on order or merges.
class hyperloglog {
public:
  static constexpr int precision = 12;
  static constexpr std::size_t registers = 1U << precision;
  static constexpr std::size_t exact_limit = 256;
  static constexpr double standard_error = 0.01625;

  /// @param hash of 64 well-mixed bits
  void add(std::uint64_t hash);
  void merge(const hyperloglog& other);
  std::uint64_t estimate() const;
  bool exact() const {
    return registers_.empty();
  }

  void save(byte_writer& out) const;
  /// Throws corrupt_state.
  static hyperloglog load(byte_reader& in);

  friend bool operator==(const hyperloglog&, const hyperloglog&) = default;

private:
  void note(std::uint64_t hash);
  void leave_exact();

  std::vector<std::uint64_t> hashes_;   ///< sorted; empty once there are registers
  std::vector<std::uint8_t> registers_; ///< empty, or one a bucket: 1 + the leading zeros of the rest of the hash
};

} // namespace throng::analytics
