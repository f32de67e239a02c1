#include "simulation/typology.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace throng::simulation {
namespace {

/// Layers of accounts, each of which pays accounts of the next; what most typologies are.
typology layers(std::span<const std::uint32_t> sizes) {
  typology made;
  made.stages = static_cast<std::uint8_t>(sizes.size());
  std::uint32_t first = 0;
  for (std::size_t stage = 0; stage < sizes.size(); ++stage) {
    const auto next = first + sizes[stage];
    for (std::uint32_t i = 0; i < sizes[stage]; ++i) {
      typology_part part;
      part.stage = static_cast<std::uint8_t>(stage);
      if (stage > 0)
        part.expects = static_cast<std::uint8_t>(sizes[stage - 1]);
      if (stage + 1 < sizes.size())
        for (std::uint32_t to = 0; to < sizes[stage + 1]; ++to)
          part.pays.push_back(next + to);
      made.parts.push_back(std::move(part));
    }
    first = next;
  }
  return made;
}

typology layers(std::initializer_list<std::uint32_t> sizes) {
  return layers(std::span{sizes.begin(), sizes.size()});
}

typology ring(std::uint32_t size) {
  typology made;
  made.stages = static_cast<std::uint8_t>(size);
  for (std::uint32_t i = 0; i < size; ++i)
    made.parts.push_back({static_cast<std::uint8_t>(i), 1, {(i + 1) % size}});
  return made;
}

/// How many accounts of a kind take part.
class sizes {
public:
  sizes(double subtlety, random_stream& from, std::uint32_t available)
      : strength_(1 - subtlety)
      , from_(from)
      , left_(available) {}

  /// From `least` where the incident is hidden, to `most` where it is blatant, give or take one; of those that are left.
  std::uint32_t between(std::uint32_t least, std::uint32_t most) {
    const auto wish = least + std::floor(strength_ * (most - least) + 0.5) + from_.below(3) - 1.0;
    const auto size = std::clamp<std::uint32_t>(static_cast<std::uint32_t>(std::max(1.0, wish)), least, most);
    return exactly(size);
  }
  std::uint32_t exactly(std::uint32_t size) {
    const auto taken = std::min(size, left_);
    left_ -= taken;
    return taken;
  }

private:
  double strength_;
  random_stream& from_;
  std::uint32_t left_;
};

} // namespace

typology typology_of(std::string_view kind, double subtlety, random_stream& from, std::uint32_t available) {
  sizes take{subtlety, from, available};
  // What must be there is taken first, so that a small population cuts the crowd and not the middle.
  const auto one = take.exactly(1);
  if (kind == "bank.push_payment")
    return layers({one, take.exactly(1)});
  if (kind == "bank.mule_pass_through" || kind == "bank.dormant_then_active")
    return layers({one, take.between(1, 2)});
  if (kind == "bank.fan_out")
    return layers({one, take.between(4, 12)});
  if (kind == "bank.fan_in" || kind == "bank.club_collection" || kind == "bank.shared_rent") {
    const auto crowd = kind == "bank.fan_in"            ? take.between(4, 12)
                       : kind == "bank.club_collection" ? take.between(6, 20)
                                                        : take.between(2, 4);
    return layers({crowd, one});
  }
  if (kind == "bank.cycle") {
    // The longer, the harder to see.
    const auto more = static_cast<std::uint32_t>(std::floor(5 * subtlety + 0.5)) + from.below(2);
    return ring(one + take.exactly(2 + more));
  }
  if (kind == "bank.scatter_gather") {
    const auto last = take.exactly(1);
    return layers({one, take.between(3, 8), last});
  }
  if (kind == "bank.gather_scatter") {
    const auto first = take.exactly(1);
    const auto last = take.exactly(1);
    const auto more = take.between(2, 6);
    return layers({first + more, one, last + take.between(2, 6)});
  }
  if (kind == "bank.bipartite" || kind == "bank.stack") {
    std::array<std::uint32_t, 3> layer{one, take.exactly(1), kind == "bank.stack" ? take.exactly(1) : 0};
    for (auto& size : layer)
      if (size > 0)
        size += take.between(1, 3);
    return layers(std::span{layer}.first(layer[2] > 0 ? 3 : 2));
  }
  return layers({one});
}

} // namespace throng::simulation
