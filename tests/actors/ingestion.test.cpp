// Sources as actors on threads of their own, with work that does as it is told: whoever fails is restarted, the others go on.
#define CAF_SUITE actors.ingestion

#include "actors/ingestion.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>

#include <caf/test/unit_test.hpp>

#include "actors/system_config.hpp"

using namespace throng;
using namespace throng::actors;
using namespace std::chrono_literals;

namespace {

/// What the rounds of one source come to, over all its lives; "dies" throws.
struct script {
  std::mutex mutex;
  std::deque<std::string> rounds;
  std::atomic<int> lives{0};
  std::atomic<int> done{0};

  std::string next() {
    std::lock_guard guard{mutex};
    if (rounds.empty())
      return "ends";
    auto what = rounds.front();
    rounds.pop_front();
    return what;
  }
};

class scripted_work final : public source_work {
public:
  explicit scripted_work(script& by)
      : by_(by) {
    ++by_.lives;
  }
  expected<sources::walk_end> round() override {
    const auto what = by_.next();
    ++by_.done;
    if (what == "dies")
      throw std::runtime_error{"a broken invariant"};
    if (what == "lasts")
      return fail(error_kind::unavailable, "the answer was 503", true);
    if (what == "final")
      return fail(error_kind::unavailable, "the answer was 404");
    return sources::walk_end::short_page;
  }

private:
  script& by_;
};

ingestion_source source(const std::string& name, script& by) {
  return {name, [&by] { return std::make_unique<scripted_work>(by); }};
}

struct fixture {
  system_config config{2};
  caf::actor_system system{config};
  ingestion_options options;

  fixture() {
    options.backoff = {1ms, 1ms};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ingestion_tests, fixture)

CAF_TEST(each source runs one round and the whole ends with the last) {
  script a;
  script b;
  options.sources = {source("a", a), source("b", b)};
  auto running = ingestion::start(system, options);
  CAF_REQUIRE(running->wait(60s));
  const auto results = running->results();
  CAF_REQUIRE_EQUAL(results.size(), 2u);
  CAF_CHECK(results[1].end == sources::walk_end::short_page);
  CAF_CHECK_EQUAL(a.done + b.done, 2);
}

CAF_TEST(a source that dies is restarted with new work and the others are left alone) {
  script a;
  script b;
  a.rounds = {"dies", "dies", "ends"};
  options.sources = {source("a", a), source("b", b)};
  auto running = ingestion::start(system, options);
  CAF_REQUIRE(running->wait(60s));
  CAF_CHECK_EQUAL(a.lives.load(), 3);
  CAF_CHECK_EQUAL(b.lives.load(), 1);
  CAF_CHECK_EQUAL(running->restarts(), 2u);
  CAF_CHECK(!running->results()[0].failure);
}

CAF_TEST(a source that dies again and again is given up with its sentence) {
  script a;
  script b;
  a.rounds = {"dies", "dies", "dies", "dies"};
  options.restarts = {2, 60s};
  options.sources = {source("a", a), source("b", b)};
  auto running = ingestion::start(system, options);
  CAF_REQUIRE(running->wait(60s));
  const auto results = running->results();
  CAF_REQUIRE(results[0].failure);
  CAF_CHECK(results[0].failure->message.find("a broken invariant") != std::string::npos);
  CAF_CHECK(!results[1].failure);
}

CAF_TEST(rounds repeat over errors that last until one is final) {
  script a;
  a.rounds = {"ends", "lasts", "ends", "final", "ends"};
  std::atomic<int> told{0};
  options.every = 1ms;
  options.lasting = [&](const std::string&, const error&) { ++told; };
  options.sources = {source("a", a)};
  auto running = ingestion::start(system, options);
  CAF_REQUIRE(running->wait(60s));
  CAF_CHECK_EQUAL(a.done.load(), 4);
  CAF_CHECK_EQUAL(told.load(), 1);
  CAF_CHECK(running->results()[0].failure.has_value());
}

CAF_TEST(without rounds an error that lasts is the end) {
  script a;
  a.rounds = {"lasts", "ends"};
  options.sources = {source("a", a)};
  auto running = ingestion::start(system, options);
  CAF_REQUIRE(running->wait(60s));
  CAF_CHECK_EQUAL(a.done.load(), 1);
  CAF_CHECK(running->results()[0].failure.has_value());
}

CAF_TEST(a stop ends the wait for the next round) {
  script a;
  options.every = 24h;
  options.sources = {source("a", a)};
  auto running = ingestion::start(system, options);
  while (a.done == 0)
    CAF_CHECK(!running->wait(1ms));
  running->stop();
  CAF_CHECK(running->wait(60s));
}

CAF_TEST_FIXTURE_SCOPE_END()
