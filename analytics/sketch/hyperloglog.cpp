#include "analytics/sketch/hyperloglog.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>

namespace throng::analytics {

namespace {

constexpr int precision = hyperloglog::precision;
/// The greatest register: all of a hash's other bits are 0.
constexpr std::uint8_t full = 64 - precision + 1;

/// sum of x^(2^k) 2^(k-1) from k = 0 (Ertl, algorithm 6's sigma).
double sigma(double x) {
  if (x == 1)
    return INFINITY;
  double y = 1;
  double z = x;
  for (double before = -1; z != before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

/// (1 - x - sum of (1 - x^(2^-k))^2 2^-k from k = 1) / 3 (the same, tau).
double tau(double x) {
  if (x == 0 || x == 1)
    return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

} // namespace

void hyperloglog::note(std::uint64_t hash) {
  auto bucket = static_cast<std::size_t>(hash >> (64 - precision));
  // The bit behind the last that counts stops the count.
  auto rest = (hash << precision) | (std::uint64_t{1} << (precision - 1));
  auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  registers_[bucket] = std::max(registers_[bucket], rank);
}

void hyperloglog::leave_exact() {
  registers_.assign(registers, 0);
  for (auto hash : hashes_)
    note(hash);
  hashes_ = {};
}

void hyperloglog::add(std::uint64_t hash) {
  if (!exact()) {
    note(hash);
    return;
  }
  auto at = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (at != hashes_.end() && *at == hash)
    return;
  hashes_.insert(at, hash);
  if (hashes_.size() > exact_limit)
    leave_exact();
}

void hyperloglog::merge(const hyperloglog& other) {
  if (other.exact()) {
    for (auto hash : other.hashes_)
      add(hash);
    return;
  }
  if (exact())
    leave_exact();
  for (std::size_t i = 0; i < registers; ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::uint64_t hyperloglog::estimate() const {
  if (exact())
    return hashes_.size();
  std::array<std::uint32_t, full + 1> histogram{};
  for (auto x : registers_)
    ++histogram[x];
  constexpr auto m = static_cast<double>(registers);
  constexpr double alpha = 0.7213475204444817; // 1 / (2 ln 2)
  double z = m * tau(1 - histogram[full] / m);
  for (int k = full - 1; k >= 1; --k)
    z = 0.5 * (z + histogram[static_cast<std::size_t>(k)]);
  z += m * sigma(histogram[0] / m);
  // All registers full would be infinite; more than 2^63 cannot have been counted.
  return static_cast<std::uint64_t>(std::llround(std::min(alpha * m * m / z, 9.2e18)));
}

void hyperloglog::save(byte_writer& out) const {
  out.u8(exact() ? 0 : 1);
  if (exact()) {
    out.varint(hashes_.size());
    for (auto hash : hashes_)
      out.u64(hash);
  } else {
    out.bytes(registers_.data(), registers_.size());
  }
}

hyperloglog hyperloglog::load(byte_reader& in) {
  hyperloglog result;
  auto form = in.u8();
  if (form == 0) {
    auto size = in.count();
    if (size > exact_limit)
      throw corrupt_state{"too many exact hashes"};
    for (std::size_t i = 0; i < size; ++i) {
      auto hash = in.u64();
      if (i > 0 && hash <= result.hashes_.back())
        throw corrupt_state{"hashes out of order"};
      result.hashes_.push_back(hash);
    }
  } else if (form == 1) {
    result.registers_.resize(registers);
    for (auto& x : result.registers_) {
      x = in.u8();
      if (x > full)
        throw corrupt_state{"an impossible register"};
    }
  } else {
    throw corrupt_state{"an unknown form of distinct count"};
  }
  return result;
}

} // namespace throng::analytics
