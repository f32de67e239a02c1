#define CAF_SUITE simulation.identity

#include "simulation/identity.hpp"

#include <cmath>
#include <set>
#include <string>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "simulation/agents.hpp"
#include "simulation/countries.hpp"

using namespace throng::simulation;

CAF_TEST(ids carry the number of their person in at least six digits) {
  CAF_CHECK_EQUAL(std::string{client_id(17).view()}, "client-000017");
  CAF_CHECK_EQUAL(std::string{user_id(17).view()}, "user-000017");
  CAF_CHECK_EQUAL(std::string{account_id(12'345'678).view()}, "account-12345678");
  CAF_CHECK_EQUAL(std::string{customer_id(0).view()}, "customer-000000");
  CAF_CHECK_EQUAL(std::string{device_id(17).view()}, "device-000017-0");
  CAF_CHECK_EQUAL(std::string{device_id(4'294'967'295, 9).view()}, "device-4294967295-9");
  CAF_CHECK_EQUAL(std::string{item_id(42).view()}, "item-00042");
}

CAF_TEST(an address has four numbers) {
  CAF_CHECK_EQUAL(std::string{ip_text((100U << 24) | (64U << 16) | (3U << 8) | 9U).view()}, "100.64.3.9");
  CAF_CHECK_EQUAL(std::string{ip_text(0xffffffffU).view()}, "255.255.255.255");
}

CAF_TEST(a person is a function of the seed and the number) {
  CAF_CHECK(rc::check([](std::uint64_t seed, std::uint32_t number) {
    const auto once = person_of(seed, number);
    const auto again = person_of(seed, number);
    RC_ASSERT(once.country == again.country);
    RC_ASSERT(once.ip == again.ip);
    RC_ASSERT(once.home.lat == again.home.lat);
    RC_ASSERT(once.country < countries().size());
    RC_ASSERT(once.browser < browsers().size());
    // Homes lie around the capital: within 50 km, twelve deviations.
    const auto& lives = countries()[once.country];
    RC_ASSERT(std::fabs(once.home.lat - lives.lat) < 0.45);
    RC_ASSERT(std::fabs(once.home.lon - lives.lon) < 0.9);
  }));
}

CAF_TEST(neighbours have addresses of their own in the shared address space) {
  std::set<std::uint32_t> seen;
  bool shared_space = true;
  for (std::uint32_t number = 0; number < 100'000; ++number) {
    const auto ip = person_of(5, number).ip;
    shared_space = shared_space && (ip >> 22) == ((100U << 24 | 64U << 16) >> 22);
    seen.insert(ip);
  }
  CAF_CHECK(shared_space);
  CAF_CHECK_EQUAL(seen.size(), 100'000U);
}

CAF_TEST(four people in five live in the city and the browsers have their shares) {
  int at_home = 0;
  int mobile = 0;
  constexpr int people = 20'000;
  for (std::uint32_t number = 0; number < people; ++number) {
    const auto who = person_of(3, number);
    at_home += who.country == home_country ? 1 : 0;
    mobile += browsers()[who.browser].device_type == "mobile" ? 1 : 0;
  }
  // Five standard deviations of a binomial count.
  CAF_CHECK(std::fabs(at_home - 0.82 * people) < 5 * std::sqrt(people * 0.82 * 0.18));
  CAF_CHECK(std::fabs(mobile - 0.49 * people) < 5 * std::sqrt(people * 0.49 * 0.51));
}

CAF_TEST(short text that does not fit is cut) {
  short_text text;
  for (int i = 0; i < 50; ++i)
    text.append("abc");
  CAF_CHECK_EQUAL(text.view().size(), short_text::max_size);
  CAF_CHECK_EQUAL(std::string{short_text{"n-"}.append(7, 3).view()}, "n-007");
  CAF_CHECK_EQUAL(std::string{short_text{}.append(18'446'744'073'709'551'615U).view()}, "18446744073709551615");
}
