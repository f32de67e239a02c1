#define CAF_SUITE service.follower

#include "service/follower.hpp"

#include <rapidcheck.h>

#include "../query/filled_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

partial_window at(std::int64_t minutes, std::int32_t partition, std::int64_t offset, std::vector<double> temperatures) {
  partial_window made;
  made.start = six_o_clock + minutes * minute;
  made.partition = partition;
  made.offset = offset;
  made.temperatures = std::move(temperatures);
  return made;
}

using results = std::map<std::string, std::string>; ///< by the window's start

void add(results& to, const std::vector<json::object>& told) {
  for (const auto& each : told)
    to[std::string{each.at("start").as_string()}] = text(each);
}

results asked(filled_store& store, query::request what) {
  results all;
  what.limit = 0;
  add(all, must(query::ask(*store, what)).items);
  return all;
}

} // namespace

CAF_TEST(a partition that is hours behind the newest result is followed too) {
  filled_store store;
  store.claim("city-climate", 0, 0);
  store.claim("city-climate", 0, 1);
  service::follower following{*store, windows()};
  results told;
  store.write({make(at(600, 0, 90, {20.0})), make(at(1, 0, 5, {21.0}))});
  add(told, must(following.news()));
  CAF_CHECK_EQUAL(told.size(), 2u);
  store.write({make(at(1, 1, 3, {25.0}))});
  const auto news = must(following.news());
  CAF_REQUIRE_EQUAL(news.size(), 1u);
  CAF_CHECK_EQUAL(news[0].at("temperature").at("mean").to_number<double>(), 23.0);
  CAF_CHECK(must(following.news()).empty());
}

CAF_TEST(a store that was emptied and filled anew is followed from its beginning) {
  filled_store store;
  store.claim("city-climate", 0);
  service::follower following{*store, windows()};
  store.write({make(at(0, 0, 5, {20.0})), make(at(100, 0, 50, {20.0}))});
  CAF_CHECK_EQUAL(must(following.news()).size(), 2u);
  store.clear();
  store.claim("city-climate", 0);
  store.write({make(at(0, 0, 5, {30.0})), make(at(200, 0, 100, {20.0}))}, {2, 1});
  CAF_CHECK_EQUAL(must(following.news()).size(), 2u);
}

CAF_TEST(what is told adds up to what is there however writes and questions interleave) {
  filled_store store;
  CAF_CHECK(rc::check([&] {
    store.clear();
    const auto partitions = *rc::gen::inRange(1, 4);
    for (int i = 0; i < partitions; ++i)
      store.claim("city-climate", 0, i);
    auto what = windows();
    if (*rc::gen::arbitrary<bool>())
      what.rollup = milliseconds{7 * minute};
    service::follower following{*store, what};
    results told;
    std::vector<std::int64_t> offsets(static_cast<std::size_t>(partitions), 0);
    std::uint64_t write = 0;
    for (int step = *rc::gen::inRange(1, 12); step > 0; --step) {
      std::vector<document> batch;
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n) {
        const auto partition = *rc::gen::inRange(0, partitions);
        auto& offset = offsets[static_cast<std::size_t>(partition)];
        offset += *rc::gen::inRange(0, 3); // several may be written at one offset
        batch.push_back(make(at(*rc::gen::inRange(0, 300), partition, offset, {*rc::gen::inRange(0, 9) + 0.5})));
      }
      if (!batch.empty())
        store.write(batch, {1'000'000, ++write});
      if (*rc::gen::arbitrary<bool>())
        add(told, must(following.news()));
    }
    add(told, must(following.news()));
    RC_ASSERT(told == asked(store, what));
  }));
}
