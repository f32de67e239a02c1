#define CAF_SUITE query.slices

#include "query/slices.hpp"

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

document event_at(std::string id, std::string key, json::value time) {
  return {collection::events,
          id,
          {{"topic", "t"}, {"partition", 0}, {"offset", 1}, {"time", std::move(time)}, {"key", key}, {"raw", id}},
          "",
          false,
          1};
}

/// All parts one after another; the greatest of them besides.
std::pair<texts, std::size_t> in_slices(storage::result_store& store, const query::request& what, std::size_t most) {
  texts all;
  std::size_t greatest = 0;
  const auto given = must(query::ask_in_slices(store, what, most, [&](const auto& part) -> expected<void> {
    CAF_CHECK(!part.empty());
    greatest = std::max(greatest, part.size());
    for (const auto& each : part)
      all.push_back(text(each));
    return {};
  }));
  CAF_CHECK_EQUAL(given, all.size());
  return {all, greatest};
}

texts at_once(storage::result_store& store, query::request what) {
  what.limit = 0;
  texts all;
  for (const auto& each : must(ask(store, what)).items)
    all.push_back(text(each));
  return all;
}

} // namespace

CAF_TEST(slices one after another are the whole answer whatever their size) {
  filled_store store;
  CAF_CHECK(rc::check([&] {
    store.clear();
    std::vector<document> documents;
    const auto some_time = [] { return six_o_clock + minute * *rc::gen::inRange(0, 6); };
    for (int i = *rc::gen::inRange(0, 25); i > 0; --i) {
      // Partials of one window lie in several partitions.
      partial_window part;
      part.start = some_time();
      part.district = *rc::gen::element<std::string>("north", "south");
      part.partition = *rc::gen::inRange(0, 3);
      part.temperatures = {1.0 * i};
      documents.push_back(make(part));
      const auto id = std::to_string(100 + i);
      documents.push_back(make_alert(id, *rc::gen::element<std::string>("a", "b"), some_time()));
      const bool has_time = *rc::gen::inRange(0, 5) > 0;
      documents.push_back(event_at("event" + id, *rc::gen::element<std::string>("a", "b"),
                                   has_time ? json::value(some_time()) : json::value(nullptr)));
    }
    store.write(documents);
    query::request what;
    what.subject = *rc::gen::element(query::subject::windows, query::subject::alerts, query::subject::events);
    if (*rc::gen::arbitrary<bool>())
      what.from = timestamp{some_time()};
    if (*rc::gen::arbitrary<bool>())
      what.to = timestamp{some_time()};
    if (what.subject != query::subject::windows && *rc::gen::arbitrary<bool>())
      what.entity = "a";
    if (what.subject == query::subject::windows && *rc::gen::arbitrary<bool>())
      what.where = json::object{{"events", json::object{{"$gt", 1}}}};
    const auto most = *rc::gen::inRange<std::size_t>(1, 12);
    RC_ASSERT(in_slices(*store, what, most).first == at_once(*store, what));
  }));
}

CAF_TEST(a slice holds no more than it may but for what has one time) {
  filled_store store;
  std::vector<document> documents;
  for (int i = 0; i < 100; ++i)
    documents.push_back(make_alert(std::to_string(1'000 + i), "a", six_o_clock + (i < 50 ? i : 50)));
  store.write(documents);
  CAF_CHECK_EQUAL(in_slices(*store, alerts(), 7).second, 50u);
  auto what = alerts();
  what.to = timestamp{six_o_clock + 50};
  const auto [all, greatest] = in_slices(*store, what, 7);
  CAF_CHECK_EQUAL(all.size(), 50u);
  CAF_CHECK_EQUAL(greatest, 7u);
}

CAF_TEST(who takes the slices can end them) {
  filled_store store;
  store.write({make_alert("a", "s", six_o_clock), make_alert("b", "s", six_o_clock + 1)});
  int parts = 0;
  const auto ended = query::ask_in_slices(*store, alerts(), 1, [&](const auto&) -> expected<void> {
    ++parts;
    return fail(error_kind::unavailable, "enough");
  });
  CAF_CHECK(!ended && ended.error().message == "enough");
  CAF_CHECK_EQUAL(parts, 1);
}
