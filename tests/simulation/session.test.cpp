#define CAF_SUITE simulation.session

#include "simulation/session.hpp"

#include <array>
#include <cmath>
#include <string>

#include <caf/test/unit_test.hpp>

#include "simulation/random.hpp"

using namespace throng;
using namespace throng::simulation;

CAF_TEST(a walk makes legal steps only and comes to each page as often as stated) {
  const session_chain chain{{}};
  random_stream random{4};
  std::array<double, action_count - 1> counts{};
  constexpr int sessions = 200'000;
  double sum = 0;
  double squares = 0;
  bool legal = true;
  for (int i = 0; i < sessions; ++i) {
    auto at = chain.first(random.unit());
    legal = legal && chain.can_begin_with(at);
    int requests = 1;
    for (;;) {
      ++counts[static_cast<std::size_t>(at)];
      const auto next = chain.next(at, random.unit());
      legal = legal && chain.can_follow(at, next);
      if (next == action::leave)
        break;
      at = next;
      ++requests;
    }
    sum += requests;
    squares += requests * requests;
  }
  CAF_CHECK(legal);
  const auto mean = sum / sessions;
  const auto deviation = std::sqrt(squares / sessions - mean * mean);
  CAF_CHECK(std::fabs(mean - chain.mean_requests()) < 4 * deviation / std::sqrt(sessions));
  const auto visits = chain.mean_visits();
  for (std::size_t i = 0; i < visits.size(); ++i)
    CAF_CHECK(std::fabs(counts[i] / sessions / visits[i] - 1) < 0.05);
}

CAF_TEST(a chain is what its weights say) {
  config::session_weights weights;
  weights.start = {1, 0, 0, 0, 3, 0, 0, 0, 0, 0};
  for (auto& row : weights.after)
    row = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  weights.after[4] = {0, 0, 0, 0, 2, 0, 0, 0, 0, 2};
  const session_chain chain{weights};
  CAF_CHECK(chain.first(0.2499) == action::home);
  CAF_CHECK(chain.first(0.2501) == action::view);
  CAF_CHECK(chain.first(0.99999999999999989) == action::view);
  CAF_CHECK(chain.next(action::view, 0.49) == action::view);
  CAF_CHECK(chain.next(action::view, 0.51) == action::leave);
  CAF_CHECK(std::fabs(chain.mean_requests() - 1.75) < 1e-12); // a quarter asks once, the others twice on average
}

CAF_TEST(nobody pays without a cart or rates what they have not looked at or bought) {
  const session_chain chain{{}};
  for (std::size_t i = 0; i < action_count; ++i) {
    const auto from = static_cast<action>(i);
    CAF_CHECK_EQUAL(chain.can_follow(from, action::buy), from == action::cart);
    if (chain.can_follow(from, action::rate))
      CAF_CHECK(from == action::view || from == action::click || from == action::buy);
    if (chain.can_follow(from, action::click))
      CAF_CHECK(from == action::view || from == action::click);
    CAF_CHECK(!chain.can_follow(action::leave, from));
  }
  CAF_CHECK(!chain.can_begin_with(action::buy));
}

CAF_TEST(each action has its path) {
  CAF_CHECK_EQUAL(std::string{path({action::home, 0, 0}).view()}, "/");
  CAF_CHECK_EQUAL(std::string{path({action::browse, 11, 0}).view()}, "/category/lighting?page=2");
  CAF_CHECK_EQUAL(std::string{path({action::search, 0, 0}).view()}, "/search?q=lamp");
  CAF_CHECK_EQUAL(std::string{path({action::view, 9, 42}).view()}, "/items/item-00042");
  CAF_CHECK_EQUAL(std::string{path({action::click, 1, 42}).view()}, "/items/item-00042/reviews");
  CAF_CHECK_EQUAL(std::string{url({action::rate, 0, 42}).view()}, "https://shop.example/items/item-00042/ratings");
  CAF_CHECK_EQUAL(method(action::rate), "POST");
  CAF_CHECK_EQUAL(method(action::view), "GET");
}

CAF_TEST(a busy site is slower and never stands still) {
  CAF_CHECK_EQUAL(slowdown(0), 1.0);
  CAF_CHECK_EQUAL(slowdown(0.5), 2.0);
  CAF_CHECK(slowdown(3) > 19 && slowdown(3) < 21);
}
