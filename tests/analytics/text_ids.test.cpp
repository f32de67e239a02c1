#define CAF_SUITE analytics.text_ids

#include "analytics/text_ids.hpp"

#include <map>
#include <set>
#include <string>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng::analytics;

namespace {

/// Of few letters, one of them a zero byte, so that some are others with more behind; as long as a short text can be, and longer.
rc::Gen<std::string> texts() {
  return rc::gen::mapcat(rc::gen::element<std::size_t>(0, 1, 2, 7, 8, 22, 23, 24, 25, 40), [](std::size_t size) {
    return rc::gen::container<std::string>(size, rc::gen::element('a', '\0'));
  });
}

} // namespace

CAF_TEST(a_text_keeps_its_number_while_somebody_holds_it_and_nobody_has_the_same) {
  auto holds = rc::check([] {
    const auto known = *rc::gen::container<std::vector<std::string>>(8, texts());
    text_ids sut;
    std::map<std::string, std::pair<text_ids::id, int>> model; // the number, and how often it is held
    for (const auto& [place, take] : *rc::gen::container<std::vector<std::pair<std::size_t, bool>>>(
             rc::gen::pair(rc::gen::inRange<std::size_t>(0, 8), rc::gen::arbitrary<bool>()))) {
      const auto& text = known[place];
      if (take) {
        const auto which = sut.intern(text);
        sut.hold(which);
        const auto& [number, holders] = model.try_emplace(text, which, 0).first->second;
        RC_ASSERT(which == number);
        ++model.at(text).second;
      } else if (const auto held = model.find(text); held != model.end()) {
        sut.release(held->second.first);
        if (--held->second.second == 0)
          model.erase(held);
      }
      std::set<text_ids::id> numbers;
      for (const auto& [each, of] : model) {
        RC_ASSERT(sut.find(each) == of.first);
        RC_ASSERT(sut.text(of.first) == each);
        RC_ASSERT(of.first < sut.bound());
        numbers.insert(of.first);
      }
      RC_ASSERT(numbers.size() == model.size());
      RC_ASSERT(sut.size() == model.size());
      for (const auto& each : known)
        RC_ASSERT(sut.find(each).has_value() == model.contains(each));
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(a_number_that_nobody_holds_is_given_to_the_next) {
  text_ids sut;
  const auto first = sut.intern("sensor-000001");
  sut.release_if_unheld(first);
  CAF_CHECK(!sut.find("sensor-000001"));
  CAF_CHECK_EQUAL(sut.intern("a text of more than twenty-three bytes"), first);
  sut.release_if_unheld(first);
  CAF_CHECK_EQUAL(sut.size(), 0u);
  CAF_CHECK_EQUAL(sut.bound(), 1u);
}
