#define CAF_SUITE query.prune

#include "query/prune.hpp"
#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;

CAF_TEST(what was over before a time goes and what was not stays) {
  filled_store store;
  partial_window first;
  first.temperatures = {1, 2};
  partial_window second = first;
  second.start += minute;
  partial_window other = second;
  other.partition = 1;
  document event{collection::events, "event", {{"topic", "t"}, {"key", "k"}, {"time", six_o_clock}}, "", false, 1};
  store.write({make(first), make(second), make(other), make_alert("early", "s", six_o_clock),
               make_alert("at", "s", six_o_clock + minute), event,
               make_label("label", "s", "sensor.stuck", six_o_clock, six_o_clock, false)});
  auto gone = must(query::prune(*store, {six_o_clock + minute}));
  CAF_CHECK_EQUAL(gone.windows, 1u); // the one that ended then
  CAF_CHECK_EQUAL(gone.alerts, 1u);
  CAF_CHECK_EQUAL(gone.events, 1u);
  auto left = [&](query::subject of) {
    query::request what;
    what.subject = of;
    return must(query::ask(*store, what)).items;
  };
  CAF_REQUIRE_EQUAL(left(query::subject::windows).size(), 1u); // of two partials
  CAF_CHECK_EQUAL(left(query::subject::windows)[0].at("events").to_number<int>(), 4);
  CAF_REQUIRE_EQUAL(left(query::subject::alerts).size(), 1u);
  CAF_CHECK(left(query::subject::alerts)[0].at("id").as_string() == "at");
  CAF_CHECK_EQUAL(left(query::subject::labels).size(), 1u);
  CAF_CHECK_EQUAL(must(query::prune(*store, {six_o_clock + minute})).windows, 0u);
}
