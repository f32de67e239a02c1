#define CAF_SUITE query.money

#include "query/money.hpp"

#include <array>
#include <set>
#include <stdexcept>
#include <utility>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "filled_store.hpp"
#include "query/score.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr auto topic = "bank.transactions";

/// One message of a payment, as the recorder keeps it. @param amount as JSON
document event(std::int64_t offset, const std::string& key, std::int64_t seq, std::int64_t time,
               const std::string& amount, const std::string& more = "") {
  document made;
  made.into = collection::events;
  made.id = analytics::document_id({"event", std::to_string(offset)});
  made.offset = offset;
  made.body = {
      {"topic", topic},
      {"partition", 0},
      {"offset", offset},
      {"time", time},
      {"key", key},
      {"message",
       json::parse(R"({"seq": )" + std::to_string(seq) + R"(, "amount": )" + amount +
                   (more.empty() ? R"(, "type": "card", "status": "booked", "currency": "EUR")" : more) + "}")}};
  return made;
}

document label(const std::string& id, const std::string& entity, const std::string& cause, const std::string& seqs,
               bool malicious = true) {
  auto made = make_label(id, entity, cause, six_o_clock, six_o_clock + 60 * minute, malicious);
  made.body["topic"] = topic;
  made.body["seqs"] = seqs;
  made.body["subtlety"] = 0.3;
  return made;
}

query::score_report scored(filled_store& store, milliseconds block_for = query::usual_block) {
  return must(query::score(*store, query::usual_grace, 10, {}, block_for));
}

const query::score_row& row(const std::vector<query::score_row>& of, const std::string& name) {
  for (const auto& each : of)
    if (each.name == name)
      return each;
  throw std::logic_error(name);
}

using sums = std::array<std::int64_t, 3>;

sums of(const std::optional<query::money>& x) {
  return x ? sums{x->saved, x->lost, x->stopped_wrongly} : sums{-1, -1, -1};
}

} // namespace

CAF_TEST(what comes after an alert is saved and what came before or raised it is lost) {
  filled_store store;
  store.write({label("l", "a", "bank.takeover", "1-3"), event(0, "a", 0, six_o_clock - minute, "5.00"),
               event(1, "a", 1, six_o_clock, "10.01"), event(2, "a", 2, six_o_clock + minute, "20.02"),
               event(3, "a", 3, six_o_clock + minute + 1, "40.04"), event(4, "a", 4, six_o_clock + 2 * minute, "80.08"),
               make_alert("1", "a", six_o_clock + minute)});
  const auto report = scored(store);
  CAF_REQUIRE(report.money);
  CAF_CHECK_EQUAL(report.money->currency, "EUR");
  CAF_CHECK_EQUAL(report.money->payments, 5u);
  CAF_CHECK_EQUAL(report.money->unknown, 0u);
  CAF_CHECK_EQUAL(of(report.all.money), (sums{4'004, 3'003, 8'008}));
  CAF_CHECK_EQUAL(of(row(report.by_cause, "bank.takeover").money), (sums{4'004, 3'003, 0}));
  CAF_CHECK_EQUAL(of(row(report.by_subtlety, "0.25 to 0.5").money), (sums{4'004, 3'003, 0}));
}

CAF_TEST(an alert stops payments for as long as is asked and not for ever) {
  filled_store store;
  store.write({label("l", "a", "x", "0-1"), event(0, "a", 0, six_o_clock + minute, "1"),
               event(1, "a", 1, six_o_clock + minute + 1, "2"), make_alert("1", "a", six_o_clock)});
  CAF_CHECK_EQUAL(of(scored(store, milliseconds{minute}).all.money), (sums{100, 200, 0}));
  CAF_CHECK_EQUAL(of(scored(store, milliseconds{minute + 1}).all.money), (sums{300, 0, 0}));
  CAF_CHECK_EQUAL(of(scored(store, milliseconds{0}).all.money), (sums{0, 300, 0}));
}

CAF_TEST(each detector stops what it would alone) {
  filled_store store;
  store.write({label("l", "a", "x", "0-1"), event(0, "a", 0, six_o_clock + 2, "1"),
               event(1, "a", 1, six_o_clock + 4, "2"), event(2, "b", 0, six_o_clock + 5, "4"),
               make_alert("1", "a", six_o_clock + 1, "fast"), make_alert("2", "a", six_o_clock + 3, "slow"),
               make_alert("3", "b", six_o_clock + 3, "slow")});
  const auto report = scored(store);
  CAF_CHECK_EQUAL(of(report.all.money), (sums{300, 0, 400}));
  CAF_CHECK_EQUAL(of(row(report.by_detector, "fast").money), (sums{300, 0, 0}));
  CAF_CHECK_EQUAL(of(row(report.by_detector, "slow").money), (sums{200, 100, 400}));
}

CAF_TEST(a payment counts once whatever labels name it and as innocent only where no malicious one does) {
  filled_store store;
  store.write({label("l1", "a", "x", "0-1"), label("l2", "a", "y", "1"), label("l3", "a", "z", "1-2", false),
               event(0, "a", 0, six_o_clock + 1, "1"), event(1, "a", 1, six_o_clock + 1, "2"),
               event(2, "a", 2, six_o_clock + 1, "4"), make_alert("1", "a", six_o_clock)});
  const auto report = scored(store);
  CAF_CHECK_EQUAL(of(report.all.money), (sums{300, 0, 400}));
  CAF_CHECK_EQUAL(of(row(report.by_cause, "x").money), (sums{300, 0, 0}));
  CAF_CHECK_EQUAL(of(row(report.by_cause, "y").money), (sums{200, 0, 0}));
  CAF_CHECK_EQUAL(of(row(report.by_cause, "z").money), (sums{0, 0, 400}));
}

CAF_TEST(only what leaves the account is a payment and what was declined only where a block did it) {
  const auto more = [](const char* type, const char* status, const char* reason = "null") {
    return std::string(R"(, "type": ")") + type + R"(", "status": ")" + status + R"(", "decline_reason": )" + reason +
           R"(, "currency": "EUR")";
  };
  filled_store store;
  store.write({label("l", "a", "x", "0-6"), event(0, "a", 0, six_o_clock, "1", more("transfer_in", "booked")),
               event(1, "a", 1, six_o_clock, "2", more("deposit", "booked")),
               event(2, "a", 2, six_o_clock, "4", more("salary", "booked")),
               event(3, "a", 3, six_o_clock, "8", more("card", "declined", R"("insufficient_funds")")),
               event(4, "a", 4, six_o_clock, "16", more("card", "declined", R"("account_blocked")")),
               event(5, "a", 5, six_o_clock, "32", more("cash", "booked")),
               event(6, "a", 6, six_o_clock, "64", more("transfer_out", "booked"))});
  const auto report = scored(store);
  CAF_CHECK_EQUAL(of(report.all.money), (sums{0, 11'200, 0}));
  CAF_CHECK_EQUAL(report.money->payments, 3u);
  CAF_CHECK_EQUAL(report.money->unknown, 0u); // money that comes is known not to be lost
}

CAF_TEST(a doubled message is one payment and a labelled one that is not there or has no amount is told) {
  filled_store store;
  store.write({label("l1", "a", "x", "0,2-5"), label("l2", "a", "y", "5-6"), event(0, "a", 0, six_o_clock, "1"),
               event(1, "a", 0, six_o_clock, "1"), event(2, "a", 2, six_o_clock, R"("2")"),
               event(3, "a", 3, six_o_clock, "0.125"), event(4, "a", 4, six_o_clock, "-4")});
  const auto report = scored(store);
  CAF_CHECK_EQUAL(of(report.all.money), (sums{0, 100, 0}));
  CAF_CHECK_EQUAL(report.money->unknown, 5u); // 2 to 6; 5 once
}

CAF_TEST(amounts are hundredths to the last) {
  filled_store store;
  store.write({label("l", "a", "x", "0-2"), event(0, "a", 0, six_o_clock, "0.29"),
               event(1, "a", 1, six_o_clock, "1234567890.07"), event(2, "a", 2, six_o_clock, "1.15")});
  CAF_CHECK_EQUAL(of(scored(store).all.money), (sums{0, 29 + 123'456'789'007 + 115, 0}));
}

CAF_TEST(causes and detectors that have to do with no payment have none) {
  filled_store store;
  store.write({label("l1", "a", "x", "0"), label("l2", "a", "y", "7", false),
               make_label("l3", "s", "sensor.stuck", six_o_clock, six_o_clock + minute),
               event(0, "a", 0, six_o_clock, "1"), make_alert("1", "a", six_o_clock, "of accounts"),
               make_alert("2", "s", six_o_clock, "of sensors")});
  const auto report = scored(store);
  CAF_CHECK_EQUAL(of(row(report.by_cause, "x").money), (sums{0, 100, 0}));
  CAF_CHECK(!row(report.by_cause, "y").money);
  CAF_CHECK(!row(report.by_cause, "sensor.stuck").money);
  CAF_CHECK_EQUAL(of(row(report.by_detector, "of accounts").money), (sums{0, 100, 0}));
  CAF_CHECK(!row(report.by_detector, "of sensors").money);
}

CAF_TEST(money is not told without amounts or of several currencies) {
  filled_store store;
  store.write({label("l", "a", "x", "0-1"), make_alert("1", "a", six_o_clock)});
  CAF_CHECK(!scored(store).money);
  CAF_CHECK(!scored(store).all.money);
  store.write({event(0, "a", 0, six_o_clock, "1")});
  CAF_CHECK(scored(store).money.has_value());
  CAF_CHECK(!must(query::score(*store)).money); // not asked for
  store.write({event(1, "a", 1, six_o_clock, "1", R"(, "currency": "USD")")});
  CAF_CHECK(!scored(store).money);
  CAF_CHECK(!scored(store).by_cause[0].money);
}

CAF_TEST(the sums are those of a search through all payments labels and alerts) {
  filled_store store;
  CAF_CHECK(rc::check([&store] {
    store.clear();
    struct paid {
      int entity;
      std::int64_t seq, time, cents;
    };
    struct named {
      int entity;
      std::int64_t first, last;
      bool malicious;
    };
    struct rung {
      int entity;
      std::int64_t time;
    };
    const auto below = [](int x) { return *rc::gen::inRange(0, x); };
    const std::int64_t block = below(8);
    std::vector<document> all;
    std::vector<paid> payments;
    for (int i = below(20) + 1; i > 0; --i) {
      const auto seq = static_cast<std::int64_t>(payments.size());
      payments.push_back({below(3), seq, six_o_clock + below(20), below(1'000) + 1});
      const auto& made = payments.back();
      all.push_back(event(seq, std::string(1, static_cast<char>('a' + made.entity)), seq, made.time,
                          std::to_string(made.cents / 100) + "." + std::to_string(100 + made.cents % 100).substr(1)));
    }
    std::vector<named> labels;
    for (int i = below(5) + 1; i > 0; --i) {
      const auto first = below(20);
      labels.push_back({below(3), first, first + below(6), below(3) > 0});
      const auto& made = labels.back();
      all.push_back(label("l" + std::to_string(i), std::string(1, static_cast<char>('a' + made.entity)), "x",
                          std::to_string(made.first) + "-" + std::to_string(made.last), made.malicious));
    }
    std::vector<rung> alerts;
    for (int i = below(6); i > 0; --i) {
      alerts.push_back({below(3), six_o_clock + below(20)});
      all.push_back(make_alert(std::to_string(i), std::string(1, static_cast<char>('a' + alerts.back().entity)),
                               alerts.back().time));
    }
    store.write(all);
    sums expected{};
    std::uint64_t unknown = 0;
    bool any = false;
    for (const auto& x : payments) {
      auto is_named = false;
      for (const auto& of : labels) {
        const auto its = of.entity == x.entity && of.first <= x.seq && x.seq <= of.last;
        is_named = is_named || (its && of.malicious);
      }
      auto stopped = false;
      for (const auto& of : alerts)
        stopped = stopped || (of.entity == x.entity && of.time < x.time && x.time <= of.time + block);
      if (is_named)
        expected[stopped ? 0 : 1] += x.cents;
      else if (stopped)
        expected[2] += x.cents;
    }
    std::set<std::pair<int, std::int64_t>> missing;
    for (const auto& of : labels) {
      for (const auto& x : payments)
        any = any || x.entity == of.entity;
      if (of.malicious)
        for (auto seq = of.first; seq <= of.last; ++seq)
          missing.emplace(of.entity, seq);
    }
    for (const auto& x : payments)
      missing.erase({x.entity, x.seq});
    unknown = missing.size();
    const auto report = scored(store, milliseconds{block});
    RC_ASSERT(report.money.has_value() == any); // payments of entities that nobody has labelled tell of no money
    if (any) {
      RC_ASSERT(of(report.all.money) == expected);
      RC_ASSERT(report.money->unknown == unknown);
    }
  }));
}
