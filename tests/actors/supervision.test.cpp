#define CAF_SUITE actors.supervision

#include "actors/supervision.hpp"

#include <stdexcept>

#include <caf/all.hpp>

#include "dsl.hpp"
#include <rapidcheck.h>

using namespace throng::actors;
using namespace std::chrono_literals;

namespace {

/// A child that does what it is told: "fail" throws, "quit" ends well.
caf::behavior obedient(caf::event_based_actor* self) {
  keep_exception_text(*self);
  return {[=](const std::string& what) {
    if (what == "fail")
      throw std::runtime_error{"a broken invariant"};
    self->quit();
  }};
}

struct supervisor_state {
  std::unique_ptr<one_for_one> children;
  std::vector<std::string> log;
};

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, std::vector<child_spec> specs) {
  auto& state = self->state;
  state.children = std::make_unique<one_for_one>(
      *self,
      one_for_one::callbacks{
          [=](const std::string& name, wall_duration wait) {
            self->state.log.push_back(
                name + " waits " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()));
            self->delayed_send(self, wait, name);
          },
          [=](const std::string& name, const caf::error&) { self->state.log.push_back(name + " ended"); },
          [=](const std::string& name, const caf::error& reason) {
            auto text = to_string(reason);
            auto told = text.find("a broken invariant") != std::string::npos;
            self->state.log.push_back(name + (told ? " escalates with its text" : " escalates with " + text));
          }});
  for (auto& spec : specs)
    state.children->start(std::move(spec));
  return {[=](const std::string& name) { self->state.children->restart(name); }};
}

struct fixture : test_coordinator_fixture<> {
  std::vector<child_spec> specs;
  caf::actor sut;

  void add(std::string name, restart_kind kind, std::size_t limit) {
    specs.push_back({std::move(name), [this] { return caf::actor{sys.spawn(obedient)}; }, kind,
                     restart_limit{limit, 60s}, restart_backoff{20ms, 1s}});
  }
  void start() {
    sut = sys.spawn(supervisor, specs);
    sched.run();
  }
  supervisor_state& state() {
    return deref<caf::stateful_actor<supervisor_state>>(sut).state;
  }
  caf::actor child(std::string_view name) {
    return state().children->find(name);
  }
  void tell(std::string_view name, std::string what) {
    caf::anon_send(child(name), std::move(what));
    sched.run();
  }
};

} // namespace

CAF_TEST(no period as long as the limit sees more restarts than the limit and a restart is refused only then) {
  CAF_CHECK(rc::check([] {
    auto limit = *rc::gen::inRange<std::size_t>(0, 6);
    auto within = *rc::gen::inRange<int>(1, 50);
    auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 30));
    restart_intensity sut{restart_limit{limit, std::chrono::seconds{within}}};
    wall_time now{};
    std::vector<wall_time> allowed;
    for (auto gap : gaps) {
      now += std::chrono::seconds{gap};
      auto in_period = static_cast<std::size_t>(std::count_if(
          allowed.begin(), allowed.end(), [&](wall_time t) { return t > now - std::chrono::seconds{within}; }));
      auto may = sut.may_restart(now);
      RC_ASSERT(may == (in_period < limit));
      if (may)
        allowed.push_back(now);
    }
  }));
}

CAF_TEST(the wait before a restart doubles up to its greatest) {
  restart_backoff sut{20ms, 1s};
  CAF_CHECK(sut.before(1) == 20ms);
  CAF_CHECK(sut.before(2) == 40ms);
  CAF_CHECK(sut.before(6) == 640ms);
  CAF_CHECK(sut.before(7) == 1s);
  CAF_CHECK(sut.before(1'000'000) == 1s);
}

CAF_TEST_FIXTURE_SCOPE(supervision_tests, fixture)

CAF_TEST(a child that throws is started again after its wait and its siblings are left alone) {
  add("a", restart_kind::transient, 5);
  add("b", restart_kind::transient, 5);
  start();
  auto a = child("a");
  auto b = child("b");
  tell("a", "fail");
  CAF_CHECK(!child("a"));
  advance_time(20ms);
  sched.run();
  CAF_CHECK(child("a"));
  CAF_CHECK(child("a") != a);
  CAF_CHECK(child("b") == b);
  CAF_CHECK_EQUAL(state().children->restarts(), 1u);
}

CAF_TEST(a child that fails once more than its limit allows is escalated with the text of its exception) {
  add("a", restart_kind::transient, 2);
  start();
  for (auto wait : {20ms, 40ms}) {
    tell("a", "fail");
    advance_time(wait);
    sched.run();
  }
  tell("a", "fail");
  CAF_CHECK_EQUAL(state().log, (std::vector<std::string>{"a waits 20", "a waits 40", "a escalates with its text"}));
  CAF_CHECK(!child("a"));
}

CAF_TEST(failures further apart than the period are each the first) {
  add("a", restart_kind::transient, 1);
  start();
  tell("a", "fail");
  advance_time(60s);
  sched.run();
  tell("a", "fail");
  CAF_CHECK_EQUAL(state().log, (std::vector<std::string>{"a waits 20", "a waits 20"}));
}

CAF_TEST(a permanent child is restarted after a good end and a transient one only after a failure) {
  add("permanent", restart_kind::permanent, 5);
  add("transient", restart_kind::transient, 5);
  add("temporary", restart_kind::temporary, 5);
  start();
  tell("permanent", "quit");
  tell("transient", "quit");
  tell("temporary", "fail");
  CAF_CHECK_EQUAL(state().log, (std::vector<std::string>{"permanent waits 20", "transient ended", "temporary ended"}));
}

CAF_TEST(a forgotten child is neither restarted nor reported) {
  add("a", restart_kind::permanent, 5);
  add("b", restart_kind::permanent, 5);
  start();
  auto a = child("a");
  state().children->forget("a");
  caf::anon_send(a, std::string{"fail"});
  sched.run();
  tell("b", "fail");
  state().children->forget("b");
  advance_time(20ms);
  sched.run();
  CAF_CHECK_EQUAL(state().log, std::vector<std::string>{"b waits 20"});
  CAF_CHECK(!child("b"));
}

CAF_TEST(stopping all sends exit messages and reports nothing) {
  add("a", restart_kind::permanent, 5);
  add("b", restart_kind::permanent, 5);
  start();
  std::vector<caf::actor> children{child("a"), child("b")};
  state().children->stop_all(caf::exit_reason::user_shutdown);
  sched.run();
  CAF_CHECK(state().log.empty());
  for (auto& x : children)
    CAF_CHECK(deref(x).getf(caf::abstract_actor::is_terminated_flag));
}

CAF_TEST_FIXTURE_SCOPE_END()
