#define CAF_SUITE simulation.run_order

#include "simulation/run_order.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::simulation;

namespace {

/// One message a draw, over two runs, and over as many outputs and lanes as asked for.
std::vector<std::shared_ptr<const step_output>> scatter(const std::vector<std::uint32_t>& draws, std::uint32_t spread,
                                                        std::size_t outputs, std::size_t lanes) {
  std::vector<std::shared_ptr<step_output>> made;
  std::vector<std::shared_ptr<output_lane>> all_lanes;
  for (std::size_t i = 0; i < outputs; ++i) {
    made.push_back(std::make_shared<step_output>());
    made.back()->counts.resize(2);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      all_lanes.push_back(std::make_shared<output_lane>());
      all_lanes.back()->runs.resize(2);
      made.back()->lanes.push_back(all_lanes.back());
    }
  }
  std::uint32_t ordinal = 0;
  for (auto bits : draws) {
    emission each;
    each.time = {1'767'592'800'000 + bits % (1 + (spread >> (bits % 3 * 10)))};
    each.entity = {bits % 2, bits / 2 % 5};
    each.ordinal = ordinal++;
    const auto where = bits / 7 % all_lanes.size();
    all_lanes[where]->runs[bits / 3 % 2].push_back(each);
    ++made[where / lanes]->counts[bits / 3 % 2];
  }
  return {made.begin(), made.end()};
}

using place = std::tuple<timestamp, entity_ref, std::uint32_t>;

std::vector<place> places(std::span<const ordered_message> messages) {
  std::vector<place> all;
  for (const auto& each : messages)
    all.emplace_back(each.what->time, each.what->entity, each.what->ordinal);
  return all;
}

} // namespace

CAF_TEST(messages stand by time and entity and ordinal however they are scattered and for steps of any length) {
  run_order sut; // used again and again, as a publisher does
  CAF_CHECK(rc::check([&](std::vector<std::uint32_t> draws, std::uint32_t spread) {
    const auto many = *rc::gen::inRange(0, 2);
    for (auto i = 0U; many != 0 && i < 600; ++i) // enough to be counted rather than compared
      draws.push_back(i * 2'654'435'761U);
    const auto outputs = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
    const auto lanes = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
    const auto scattered = scatter(draws, spread, outputs, lanes);
    const std::array<std::size_t, 2> both{0, 1};
    auto expected = places(sut.of(scattered, both));
    RC_ASSERT(expected.size() == draws.size());
    RC_ASSERT(std::is_sorted(expected.begin(), expected.end()));
    std::size_t apart = 0;
    for (std::size_t run : both) {
      const auto one = sut.of(scattered, std::array{run});
      RC_ASSERT(std::all_of(one.begin(), one.end(), [&](const auto& each) { return each.run == run; }));
      const auto sorted = places(one);
      RC_ASSERT(std::is_sorted(sorted.begin(), sorted.end()));
      apart += sorted.size();
    }
    RC_ASSERT(apart == draws.size());
    // Another scattering of the same messages gives the same order.
    RC_ASSERT(places(sut.of(scatter(draws, spread, 1, 1), both)) == expected);
  }));
}
