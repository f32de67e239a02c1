// Features of the graph of payments: by examples, and against plain searches through all payments before.
#define CAF_SUITE analytics.payment_graph

#include "analytics/payment_graph.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

struct transfer {
  std::int64_t time = 0;
  std::string graph; ///< the pipeline's key
  std::string from;
  std::string to;
  double amount = 0;
};

config::feature side(const char* name, std::int64_t over_ms, const char* kind, bool of_payee) {
  auto made = feature(name, milliseconds{over_ms}, kind);
  made.of_payee = of_payee;
  return made;
}

config::pipeline payments() {
  auto made = readings();
  made.graph = config::payment_fields{"from", "to", "amount"};
  made.features = {side("paid_by", 20'000, "fan_in", true),    side("paid_by_long", 60'000, "fan_in", false),
                   side("pays", 20'000, "fan_out", false),     side("in", 30'000, "received", false),
                   side("in_payee", 30'000, "received", true), side("out", 30'000, "sent", false),
                   side("held", 40'000, "held", false),        side("held_payee", 40'000, "held", true),
                   side("payers", 30'000, "payers", true),     side("payees", 30'000, "payees", false),
                   side("circle", 60'000, "cycle", false),     side("gathered", 50'000, "scatter_gather", false)};
  made.features[10].up_to = 4;
  made.features[10].share = 0.4;
  std::string all = "{from} {to} {amount}";
  for (const auto& each : made.features)
    all += " {" + each.name + "}";
  made.rules = {rule("seen", "{}", milliseconds{0}, all)};
  return made;
}

message as_message(std::int64_t offset, const transfer& x) {
  message made;
  made.offset = offset;
  made.key = x.graph;
  made.value = R"({"id": ")" + x.graph + R"(", "t": ")" + to_iso8601({x.time}) + R"(", "from": ")" + x.from +
               R"(", "to": ")" + x.to + R"(", "amount": )" + boost::json::serialize(boost::json::value(x.amount)) + "}";
  return made;
}

std::vector<message> as_messages(const std::vector<transfer>& all) {
  std::vector<message> made;
  for (const auto& each : all)
    made.push_back(as_message(static_cast<std::int64_t>(made.size()), each));
  return made;
}

/// Few accounts, many payments, ties and disorder; some that are none.
std::vector<transfer> random_transfers(std::uint64_t seed, std::size_t n) {
  std::mt19937_64 bits{seed};
  const auto below = [&](std::uint64_t most) { return static_cast<std::int64_t>(bits() % most); };
  std::vector<transfer> made;
  std::int64_t now = 1'767'592'800'000;
  const auto accounts = static_cast<std::uint64_t>(3 + below(5));
  const auto account = [&] { return std::string(1, static_cast<char>('a' + below(accounts))); };
  while (made.size() < n) {
    now += below(30) == 0 ? below(90'000) : below(4) * 700;
    transfer next{now - (below(4) == 0 ? below(4'000) : 0), below(5) == 0 ? "y" : "x", account(), account(),
                  static_cast<double>(below(8))}; // 0 is no payment, nor is one to oneself
    made.push_back(next);
  }
  return made;
}

/// The definitions of payment_graph.hpp, carried out over a list.
struct naive {
  const std::vector<transfer>& all;
  std::vector<bool> fed;

  explicit naive(const std::vector<transfer>& of)
      : all(of) {
    auto highest = INT64_MIN / 2;
    for (const auto& each : of) {
      fed.push_back(each.time >= highest - 3'000);
      highest = std::max(highest, each.time);
    }
  }
  bool payment(std::size_t i) const {
    return fed[i] && all[i].from != all[i].to && all[i].amount > 0;
  }
  /// By time, of equal times by arrival; with the current one.
  std::vector<std::size_t> within(std::size_t i, milliseconds over) const {
    std::vector<std::size_t> found;
    for (std::size_t j = 0; j <= i; ++j)
      if (payment(j) && all[j].graph == all[i].graph && all[j].time <= all[i].time &&
          all[j].time > all[i].time - over.count())
        found.push_back(j);
    std::stable_sort(found.begin(), found.end(), [&](auto a, auto b) { return all[a].time < all[b].time; });
    return found;
  }
  /// Of whom `who` was paid, or whom it paid, in the order of the first time.
  std::vector<std::string> others(std::size_t i, milliseconds over, const std::string& who, bool payers) const {
    std::vector<std::string> found;
    for (auto j : within(i, over)) {
      const auto& mine = payers ? all[j].to : all[j].from;
      const auto& other = payers ? all[j].from : all[j].to;
      if (mine == who && std::find(found.begin(), found.end(), other) == found.end())
        found.push_back(other);
    }
    return found;
  }
  double sum(std::size_t i, milliseconds over, const std::string& who, bool received) const {
    double total = 0;
    for (auto j : within(i, over))
      if ((received ? all[j].to : all[j].from) == who)
        total += all[j].amount;
    return total;
  }
  /// All ways round of exactly so many payments that payment i closes, by their accounts.
  std::set<std::vector<std::string>> ways_round(std::size_t i, const config::feature& wanted,
                                                std::size_t payments) const {
    std::set<std::vector<std::string>> found;
    const auto before = within(i, wanted.over);
    std::vector<std::string> back{all[i].from};
    const auto go = [&](auto&& self, std::size_t next) -> void {
      for (auto j : before) {
        const auto& x = all[j];
        const auto& y = all[next];
        if (x.to != back.back() || x.time > y.time || y.amount < wanted.share * x.amount ||
            x.amount < wanted.share * y.amount)
          continue;
        if (x.from == all[i].to && back.size() + 1 == payments) {
          std::vector<std::string> way(back.rbegin(), back.rend());
          way.insert(way.begin(), x.from);
          found.insert(way);
        }
        if (x.from == all[i].to || std::find(back.begin(), back.end(), x.from) != back.end() ||
            back.size() + 1 >= payments)
          continue;
        back.push_back(x.from);
        self(self, j);
        back.pop_back();
      }
    };
    go(go, i);
    return found;
  }
  /// Of each account that paid the payee through others: those others, in the order of their last payment to it.
  std::map<std::string, std::vector<std::string>> gathered(std::size_t i, milliseconds over) const {
    const auto before = within(i, over);
    std::vector<std::pair<std::string, std::int64_t>> middles; // by their last payment
    for (auto j : before)
      if (all[j].to == all[i].to) {
        std::erase_if(middles, [&](const auto& x) { return x.first == all[j].from; });
        middles.emplace_back(all[j].from, all[j].time);
      }
    std::map<std::string, std::vector<std::string>> found;
    for (const auto& [middle, last] : middles) {
      std::set<std::string> sources;
      for (auto j : before)
        if (all[j].to == middle && all[j].time <= last && all[j].from != all[i].to)
          sources.insert(all[j].from);
      for (const auto& source : sources)
        found[source].push_back(middle);
    }
    return found;
  }
};

std::vector<std::string> texts(const boost::json::value& array) {
  std::vector<std::string> made;
  for (const auto& each : array.as_array())
    made.emplace_back(each.as_string());
  return made;
}

double number(const boost::json::value& x) {
  RC_ASSERT(x.is_number());
  return x.to_number<double>();
}

void check_feature(const naive& model, std::size_t i, const config::feature& wanted, const boost::json::value& shown) {
  const auto& now = model.all[i];
  const auto& who = wanted.of_payee ? now.to : now.from;
  using enum config::feature_kind;
  switch (wanted.kind) {
  case fan_in:
  case fan_out:
    RC_ASSERT(shown.as_int64() ==
              static_cast<std::int64_t>(model.others(i, wanted.over, who, wanted.kind == fan_in).size()));
    return;
  case payers:
  case payees:
    RC_ASSERT(texts(shown) == model.others(i, wanted.over, who, wanted.kind == payers));
    return;
  case received:
  case sent:
    RC_ASSERT(number(shown) == model.sum(i, wanted.over, who, wanted.kind == received));
    return;
  case held: {
    std::optional<double> expected;
    for (auto j : model.within(i, wanted.over))
      if (j != i && model.all[j].to == who)
        expected = static_cast<double>(now.time - model.all[j].time) / 1'000;
    RC_ASSERT(shown.is_null() == !expected);
    if (expected)
      RC_ASSERT(number(shown) == *expected);
    return;
  }
  case cycle:
    for (std::size_t payments = 2; payments <= static_cast<std::size_t>(wanted.up_to); ++payments)
      if (const auto ways = model.ways_round(i, wanted, payments); !ways.empty()) {
        RC_ASSERT(shown.is_array());
        RC_ASSERT(ways.contains(texts(shown)));
        return;
      }
    RC_ASSERT(shown.is_null());
    return;
  default: {
    const auto expected = model.gathered(i, wanted.over);
    std::size_t most = 0;
    for (const auto& [source, middles] : expected)
      most = std::max(most, middles.size());
    RC_ASSERT(shown.is_null() == (most < 2));
    if (shown.is_null())
      return;
    auto named = texts(shown);
    RC_ASSERT(named.size() == most + 2);
    RC_ASSERT(named.back() == now.to);
    RC_ASSERT(std::vector<std::string>(named.begin() + 1, named.end() - 1) == expected.at(named.front()));
  }
  }
}

outcome uninterrupted(const std::shared_ptr<const pipeline_plan>& plan, const std::vector<message>& messages) {
  auto task = make_engine(plan, "readings", 0);
  outcome result;
  RC_ASSERT(!take_all(*task, messages, result).has_value());
  return result;
}

/// A pipeline that runs, in a graph of its own.
struct running {
  std::unique_ptr<partition_task> task;
  outcome seen;
  std::int64_t offset = 0;

  explicit running(const config::pipeline& definition)
      : task(make_engine(compiled(definition), "readings", 0)) {}

  void pay(std::int64_t second, std::string from, std::string to, double amount) {
    effects now;
    auto taken =
        task->take(as_message(offset++, {second * 1'000, "x", std::move(from), std::move(to), amount}).raw(), now);
    CAF_REQUIRE(taken.has_value());
    seen.carry_out(now);
  }
  /// What the last payment's feature was.
  boost::json::value last(const char* feature) const {
    for (const auto* each : seen.of(collection::alerts))
      if (each->offset == offset - 1)
        return each->body.at("evidence").at(feature);
    return "no alert";
  }
  std::multiset<std::string> alerted() const {
    std::multiset<std::string> found;
    for (const auto* each : seen.of(collection::alerts))
      found.emplace(each->body.at("entity").as_string());
    return found;
  }
};

} // namespace

CAF_TEST(features of a graph are those of plain searches through all payments before) {
  auto definition = payments();
  auto plan = compiled(definition);
  auto holds = rc::check("graph", [&](std::uint64_t seed) {
    auto all = random_transfers(seed, *rc::gen::inRange<std::size_t>(1, 150));
    naive model{all};
    std::map<std::int64_t, const boost::json::object*> seen;
    auto result = uninterrupted(plan, as_messages(all));
    for (const auto* each : result.of(collection::alerts))
      seen[each->offset] = &each->body;
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto found = seen.find(static_cast<std::int64_t>(i));
      RC_ASSERT((found != seen.end()) == model.fed[i]);
      if (found == seen.end())
        continue;
      const auto& evidence = found->second->at("evidence").as_object();
      for (const auto& each : definition.features)
        if (model.payment(i))
          check_feature(model, i, each, evidence.at(each.name));
        else
          RC_ASSERT(evidence.at(each.name).is_null());
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(after a crash a graph goes on as if there had been none and its deltas hold what a base would) {
  auto plan = compiled(payments());
  auto holds = rc::check("crashes", [&](std::uint64_t seed) {
    auto messages = as_messages(random_transfers(seed, 150));
    auto expected = uninterrupted(plan, messages);
    std::mt19937_64 bits{seed + 1};
    outcome stored;
    effects done;
    std::map<std::string, std::string> chain;
    auto task = make_engine(plan, "readings", 0);
    bool first = true;
    std::int64_t from = 0;
    const auto save = [&] {
      for (auto& entry : saved(*task, !first)) {
        if (entry.value)
          chain[entry.key] = *entry.value;
        else
          RC_ASSERT(chain.erase(entry.key) == 1);
      }
      first = false;
      from = task->next_offset();
    };
    for (std::size_t i = 0; i < messages.size(); ++i) {
      RC_ASSERT(task->take(messages[i].raw(), done).has_value());
      stored.carry_out(done);
      const auto dice = bits() % 12;
      if (dice == 0) {
        save();
        std::map<std::string, std::string> base;
        for (auto& entry : saved(*task, false))
          base[entry.key] = *entry.value;
        RC_ASSERT(chain == base);
      } else if (dice == 1 && !first) {
        task = make_engine(plan, "readings", 0);
        std::vector<state_entry> entries;
        for (const auto& [key, value] : chain)
          entries.push_back({key, value});
        task->restore(entries);
        i = static_cast<std::size_t>(from) - 1;
      }
    }
    auto difference = stored.differs_from(expected);
    if (!difference.empty())
      RC_FAIL(difference);
  });
  CAF_CHECK(holds);
}

CAF_TEST(money that comes back is a circle only in the order of time and with most of it left) {
  running it{payments()};
  it.pay(1, "a", "b", 100);
  it.pay(2, "b", "c", 90);
  CAF_CHECK(it.last("circle").is_null());
  it.pay(3, "c", "a", 80);
  CAF_CHECK(texts(it.last("circle")) == (std::vector<std::string>{"a", "b", "c"}));
  it.pay(4, "c", "a", 10); // not what came
  CAF_CHECK(it.last("circle").is_null());
  // The other way about it would need the later payment first.
  running other{payments()};
  other.pay(1, "b", "c", 90);
  other.pay(2, "a", "b", 100);
  other.pay(3, "c", "a", 80);
  CAF_CHECK(other.last("circle").is_null());
}

CAF_TEST(a rule about accounts raises an alert for each of them and keeps each quiet) {
  auto definition = payments();
  definition.rules = {rule("fan-out", R"({"pays": {"$gte": 3}})", milliseconds{60'000}, "{from} pays {payees}")};
  definition.rules[0].about = {"from", "payees"};
  running it{definition};
  it.pay(1, "m", "a", 10);
  it.pay(2, "m", "b", 10);
  CAF_CHECK(it.alerted().empty());
  it.pay(3, "m", "c", 10);
  CAF_CHECK(it.alerted() == (std::multiset<std::string>{"a", "b", "c", "m"}));
  it.pay(4, "m", "d", 10); // new is only d
  CAF_CHECK(it.alerted() == (std::multiset<std::string>{"a", "b", "c", "d", "m"}));
  const auto* first = it.seen.of(collection::alerts).front();
  CAF_CHECK(first->body.at("reason").as_string().starts_with("m pays [\"a\",\"b\",\"c\""));
  it.pay(64, "m", "a", 10);
  it.pay(65, "m", "b", 10);
  it.pay(66, "m", "c", 10); // the cooldown of those is over
  CAF_CHECK_EQUAL(it.alerted().count("a"), 2u);
  CAF_CHECK_EQUAL(it.alerted().count("d"), 1u);
}

CAF_TEST(of an account with very many payments the newest are remembered) {
  running it{payments()};
  for (auto i = 0; i < 1'200; ++i)
    it.pay(1, "payer-" + std::to_string(i), "hub", 1);
  CAF_CHECK(it.last("paid_by") == 1'000);
  CAF_CHECK(it.last("in_payee") == 1000.0);
  auto payers = texts(it.last("payers"));
  CAF_REQUIRE_EQUAL(payers.size(), 100u);
  CAF_CHECK_EQUAL(payers.front(), "payer-1100");
  CAF_CHECK_EQUAL(payers.back(), "payer-1199");
  // One that comes out of order finds all places taken by later ones, and counts all the same.
  it.pay(0, "late", "hub", 1);
  CAF_CHECK(it.last("paid_by") == 1);
  CAF_CHECK(it.last("held_payee").is_null());
}

CAF_TEST(an account is forgotten once nothing of it can be reached) {
  running it{payments()};
  it.pay(1, "a", "b", 5);
  it.pay(2, "b", "c", 5);
  CAF_CHECK_EQUAL(saved(*it.task, false).size(), 4u); // and meta
  it.pay(70, "p", "q", 5); // the longest feature reaches back a minute, the watermark stands at 67
  CAF_CHECK_EQUAL(saved(*it.task, false).size(), 3u);
}

CAF_TEST(damaged bytes of a graph are refused) {
  auto plan = compiled(payments());
  auto task = make_engine(plan, "readings", 0);
  outcome ignored;
  take_all(*task, as_messages(random_transfers(5, 40)), ignored);
  for (const auto& entry : saved(*task, false)) {
    if (!entry.key.starts_with("g/"))
      continue;
    auto cut = entry;
    cut.value->pop_back();
    std::vector<state_entry> entries{cut};
    for (const auto& each : saved(*task, false))
      if (each.key == "meta")
        entries.push_back(each);
    bool refused = false;
    try {
      make_engine(plan, "readings", 0)->restore(entries);
    } catch (const corrupt_state&) {
      refused = true;
    }
    CAF_CHECK(refused);
  }
}
