#define CAF_SUITE transport.topic_absence

#include <caf/test/unit_test.hpp>

#include "transport/topic_absence.hpp"

using namespace std::chrono_literals;
using namespace throng;
using namespace throng::transport;

namespace {

struct fixture {
  using stage = topic_absence::stage;
  topic_absence absence{2s};
  topic_absence::time_point now{1h};
  const topic_partition a{"readings", 0};
  const topic_partition b{"payments", 3};

  void note(const topic_partition& of) {
    absence.note(of, {error_kind::not_found, of.topic}, now);
  }
  /// @return whether it was time to
  bool ask(std::optional<bool> answer) {
    if (!absence.due(now))
      return false;
    absence.answered(answer, now);
    return true;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(topic_absence_tests, fixture)

CAF_TEST(what is missed is asked for at once and then twice a second) {
  CAF_CHECK(!absence.due(now)); // nothing is missed
  note(a);
  CAF_CHECK(ask(false));
  CAF_CHECK(!ask(false));
  now += 499ms;
  CAF_CHECK(!ask(false));
  now += 1ms;
  CAF_CHECK(ask(true));
  CAF_CHECK(absence.now() == stage::there);
  now += 1min;
  CAF_CHECK(!absence.due(now)); // it has been found
}

CAF_TEST(what is said not to be there for the whole limit is gone and each error is kept) {
  note(a);
  now += 1s;
  note(b); // does not begin the limit anew
  ask(false);
  CAF_CHECK(absence.now() == stage::missing);
  now += 1s;
  ask(false);
  CAF_CHECK(absence.now() == stage::gone);
  CAF_REQUIRE_EQUAL(absence.of().size(), 2u);
  CAF_CHECK_EQUAL(absence.of().at(b).message, "payments");
  absence.end();
  CAF_CHECK(absence.now() == stage::none);
  CAF_CHECK(absence.of().empty());
}

CAF_TEST(it is told when the brokers confirm it and not where the first question finds it) {
  note(a);
  ask(true);
  CAF_CHECK(!absence.was_told());
  absence.end();
  note(a);
  ask(std::nullopt);
  CAF_CHECK(!absence.was_told());
  now += 500ms;
  ask(false);
  CAF_CHECK(absence.was_told());
  absence.end();
  CAF_CHECK(!absence.was_told());
}

CAF_TEST(where nobody answers nobody has said that it is not there) {
  note(a);
  now += 1h;
  ask(std::nullopt);
  CAF_CHECK(absence.now() == stage::missing);
  now += 1999ms;
  ask(false);
  CAF_CHECK(absence.now() == stage::missing);
  now += 500ms;
  ask(false);
  CAF_CHECK(absence.now() == stage::gone);
}

CAF_TEST(what is missed again while its messages are sent again is asked for from the beginning) {
  note(a);
  ask(true);
  absence.reconnected();
  CAF_CHECK(absence.now() == stage::reconnected);
  now += 1h;
  note(a);
  CAF_CHECK(absence.now() == stage::missing);
  CAF_CHECK(ask(false)); // at once, and with the limit before it
  CAF_CHECK(absence.now() == stage::missing);
  now += 2s;
  ask(false);
  CAF_CHECK(absence.now() == stage::gone);
}

CAF_TEST_FIXTURE_SCOPE_END()
