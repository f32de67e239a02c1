#define CAF_SUITE sources.retry

#include "sources/retry.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "sources/pace.hpp"

using namespace throng;
using namespace throng::sources;
using namespace std::chrono_literals;

namespace {

http_answer status(int code) {
  http_reply reply;
  reply.status = code;
  return reply;
}

const error passing{error_kind::unavailable, "the answer was 503", true};

} // namespace

CAF_TEST(what may come right is tried again and the rest is final) {
  for (int code : {200, 204, 299})
    CAF_CHECK(!trouble_of(status(code)));
  for (int code : {408, 425, 429, 500, 502, 503, 599})
    CAF_CHECK(trouble_of(status(code))->retryable);
  for (int code : {301, 304, 400, 401, 403, 404, 410, 422})
    CAF_CHECK(!trouble_of(status(code))->retryable);
  CAF_CHECK(trouble_of(status(401))->kind == error_kind::denied);
  CAF_CHECK(trouble_of(http_failure{"reset", false})->retryable);
  CAF_CHECK(!trouble_of(http_failure{"a wrong certificate", true})->retryable);
}

CAF_TEST(waits double within their limits and end with the tries) {
  const auto held = rc::check([](std::uint64_t seed) {
    const config::ingest_retry how{*rc::gen::inRange(1, 12), milliseconds{*rc::gen::inRange(1, 2'000)},
                                   milliseconds{*rc::gen::inRange(1, 60'000)}};
    retry_waits waits{how, seed};
    for (std::int64_t n = 1; n < how.tries; ++n) {
      const auto wait = waits.after(passing, std::nullopt);
      RC_ASSERT(wait.has_value());
      // The naive one: backoff times 2^(n-1), or the longest.
      auto full = static_cast<double>(how.backoff.count());
      for (std::int64_t i = 1; i < n; ++i)
        full *= 2;
      full = std::min(full, static_cast<double>(how.longest.count()));
      RC_ASSERT(static_cast<double>(wait->count()) <= full);
      RC_ASSERT(static_cast<double>(wait->count()) >= full / 2 - 1);
    }
    RC_ASSERT(!waits.after(passing, std::nullopt).has_value());
    waits.settled();
    RC_ASSERT(how.tries == 1 || waits.after(passing, std::nullopt).has_value());
  });
  CAF_CHECK(held);
}

CAF_TEST(equal seeds give equal waits and others differ) {
  auto some = [](std::uint64_t seed) {
    retry_waits waits{{9, 1'000ms, 300'000ms}, seed};
    std::vector<milliseconds> made;
    for (int i = 0; i < 8; ++i)
      made.push_back(*waits.after(passing, std::nullopt));
    return made;
  };
  CAF_CHECK(some(7) == some(7));
  CAF_CHECK(some(7) != some(8));
}

CAF_TEST(the wish of the server is honoured unless it asks for too much patience) {
  retry_waits waits{{5, 10ms, 60s}, 1};
  CAF_CHECK(*waits.after(passing, 7s) == 7s);
  CAF_CHECK(*waits.after(passing, 1ms) >= 10ms);
  const auto refused = waits.after(passing, 61s);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().message.find("asked again after 1m1s") != std::string::npos);
  CAF_CHECK(refused.error().retryable); // in a later round
}

CAF_TEST(a final error is not tried again) {
  retry_waits waits{{5, 10ms, 60s}, 1};
  CAF_CHECK(!waits.after({error_kind::denied, "no", false}, std::nullopt));
}

CAF_TEST(places of a pace are evenly apart) {
  pace each{3'600'000};
  const pace::time_point begin{1h};
  CAF_CHECK(each.take(begin) == begin);
  CAF_CHECK(each.take(begin) == begin + 1ms);
  CAF_CHECK(each.take(begin) == begin + 2ms);
  CAF_CHECK(each.take(begin + 1s) == begin + 1s);
  pace unlimited{0};
  CAF_CHECK(unlimited.take(begin) == begin);
  CAF_CHECK(unlimited.take(begin) == begin);
}
