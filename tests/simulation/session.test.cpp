#define CAF_SUITE simulation.session

#include "simulation/session.hpp"

#include <cmath>
#include <string>

#include <caf/test/unit_test.hpp>

#include "simulation/random.hpp"

using namespace throng::simulation;

CAF_TEST(a walk makes legal steps only and is as long on average as stated) {
  random_stream random{4};
  constexpr int sessions = 200'000;
  double sum = 0;
  double squares = 0;
  bool legal = true;
  for (int i = 0; i < sessions; ++i) {
    auto at = first_action(random.below(100));
    legal = legal && is_legal_first(at);
    int requests = 1;
    for (;;) {
      const auto next = next_action(at, random.below(100));
      legal = legal && is_legal(at, next);
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
  CAF_CHECK(std::fabs(mean - mean_session_requests) < 4 * deviation / std::sqrt(sessions));
}

CAF_TEST(nobody pays without a cart or rates what they have not looked at or bought) {
  for (std::size_t i = 0; i < action_count; ++i) {
    const auto from = static_cast<action>(i);
    CAF_CHECK_EQUAL(is_legal(from, action::buy), from == action::cart);
    if (is_legal(from, action::rate))
      CAF_CHECK(from == action::view || from == action::click || from == action::buy);
    if (is_legal(from, action::click))
      CAF_CHECK(from == action::view || from == action::click);
    CAF_CHECK(!is_legal(action::leave, from));
  }
  CAF_CHECK(!is_legal_first(action::buy));
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
