#define CAF_SUITE simulation.bank_incidents

// What befalls accounts: that labels name exactly the events of an incident, and that each typology has its shape.
#include <cmath>
#include <cstdlib>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "bank.hpp"
#include "simulation/countries.hpp"
#include "simulation/identity.hpp"
#include "simulation/random.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

std::string outline(const event& of) {
  return text(of, "timestamp") + " " + text(of, "type") + " " + text(of, "counterparty_id") + " " +
         std::to_string(cents(of, "amount")) + " " + text(of, "device_id");
}

/// Whether the same is asked for in a statement, whatever came of it.
bool calm_has(const std::vector<event>& statement, const event& of) {
  return std::any_of(statement.begin(), statement.end(),
                     [&](const auto& line) { return outline(line) == outline(of); });
}

/// The closing labels of one occurrence, by account.
using group = std::map<std::string, event>;

/// By incident_id.
std::map<std::string, group> groups_of(const run_result& result, const std::string& cause) {
  std::map<std::string, group> found;
  for (const auto& label : all_of(result, topic::truth_labels))
    if (text(label, "cause") == cause && !label.at("end").is_null())
      found[text(label, "incident_id")][text(label, "entity")] = label;
  return found;
}

struct edge {
  std::string from;
  std::string to;
  std::int64_t amount;
  timestamp sent;
  std::string device;
};

/// Transfers of an incident between its accounts, in the order of time, each labelled where it was sent and where it came.
std::vector<edge> edges_of(const group& parts, const std::map<std::string, std::vector<event>>& statements,
                           milliseconds tick) {
  std::vector<edge> edges;
  std::multiset<std::string> came;
  for (const auto& [account, label] : parts)
    for (const auto& line : statements.at(account)) {
      if (!covers(label, line) || !parts.contains(text(line, "counterparty_id")))
        continue;
      const auto other = text(line, "counterparty_id");
      if (text(line, "type") == "transfer_out")
        edges.push_back({account, other, cents(line, "amount"), time_of(line), text(line, "device_id")});
      else
        came.insert(other + account + std::to_string(cents(line, "amount")) + to_iso8601(time_of(line)));
    }
  for (const auto& each : edges)
    if (came.erase(each.from + each.to + std::to_string(each.amount) + to_iso8601(each.sent + tick)) != 1)
      CAF_ERROR("money was sent by " << each.from << " and not labelled where it came");
  CAF_CHECK(came.empty());
  std::sort(edges.begin(), edges.end(), [](const edge& a, const edge& b) { return a.sent < b.sent; });
  return edges;
}

struct flows {
  std::map<std::string, int> in;
  std::map<std::string, int> out;
  std::map<std::string, std::int64_t> came;
  std::map<std::string, std::int64_t> left;
};

flows flows_of(const std::vector<edge>& edges) {
  flows found;
  for (const auto& each : edges) {
    ++found.out[each.from];
    ++found.in[each.to];
    found.left[each.from] += each.amount;
    found.came[each.to] += each.amount;
  }
  return found;
}

/// How many accounts have so many incoming and so many outgoing payments.
std::map<std::pair<int, int>, int> shape_of(const group& parts, const flows& found) {
  std::map<std::pair<int, int>, int> shape;
  for (const auto& [account, label] : parts) {
    const auto in = found.in.find(account);
    const auto out = found.out.find(account);
    ++shape[{in == found.in.end() ? 0 : in->second, out == found.out.end() ? 0 : out->second}];
  }
  return shape;
}

struct struck_city {
  config::scenario scenario;
  run_result result;
  std::map<std::string, std::vector<event>> statements;
  std::map<std::string, group> groups;
};

struck_city strike(const std::string& kind, double subtlety, std::uint32_t count = 1,
                   config::account_population population = rich(), milliseconds lasts = 6h) {
  auto city = small_city({{"accounts", 60, population}}, lasts + 2h, "2026-01-09T09:30:00Z", 10s);
  city.incidents = {incident_of(kind, "accounts", 1h, lasts, subtlety, count)};
  auto result = run(city);
  auto statements = by_key(result, topic::bank_transactions);
  auto groups = groups_of(result, kind);
  return {city, std::move(result), std::move(statements), std::move(groups)};
}

std::vector<event> covered(const struck_city& city, const std::string& account, const event& label) {
  std::vector<event> found;
  for (const auto& line : city.statements.at(account))
    if (covers(label, line))
      found.push_back(line);
  return found;
}

} // namespace

CAF_TEST(labels name exactly the transactions that an incident made or changed) {
  CAF_CHECK(rc::check([] {
    // Nothing is declined, so that one's payments don't depend on another's.
    auto city = small_city({{"accounts", 30, rich()}}, 6h, "2026-01-09T09:30:00Z", 20s);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto calm = by_key(run(city), topic::bank_transactions);
    const auto kind = *rc::gen::elementOf(bank_incidents());
    const auto subtlety = *rc::gen::inRange(0, 11) / 10.0;
    city.incidents = {incident_of(kind, "accounts", 1h, 4h, subtlety, *rc::gen::inRange<std::uint32_t>(1, 3))};
    const auto result = run(city);
    std::map<std::string, std::vector<event>> closing;
    for (const auto& [id, group] : groups_of(result, kind))
      for (const auto& [account, label] : group)
        closing[account].push_back(label);
    RC_ASSERT(!closing.empty());
    std::size_t touched = 0;
    for (const auto& [account, statement] : by_key(result, topic::bank_transactions)) {
      std::set<std::string> outside;
      std::set<std::string> times_of_covered;
      for (const auto& line : statement) {
        int names = 0;
        for (const auto& label : closing[account])
          names += covers(label, line) ? 1 : 0;
        RC_ASSERT(names <= 1);
        if (names == 0)
          outside.insert(outline(line));
        else
          times_of_covered.insert(text(line, "timestamp"));
        touched += static_cast<std::size_t>(names);
      }
      std::set<std::string> ordinary;
      const auto before = calm.find(account);
      if (before != calm.end())
        for (const auto& line : before->second) {
          // A sleeper's payments are not made, and a traveller makes them elsewhere.
          const auto time = time_of(line);
          const bool asleep = kind == "bank.dormant_then_active" && !closing[account].empty() &&
                              time >= city.start + 1h && time < city.start + 1h + 144min && !is_credit(line) &&
                              text(line, "type") != "rent" && !outside.contains(outline(line));
          const bool elsewhere = kind == "bank.holiday_travel" && times_of_covered.contains(text(line, "timestamp"));
          if (!asleep && !elsewhere)
            ordinary.insert(outline(line));
        }
      // Who sleeps sends nothing to others either.
      if (kind == "bank.dormant_then_active")
        std::erase_if(ordinary, [&](const std::string& line) {
          return line.find("transfer_in account-") != std::string::npos && !outside.contains(line);
        });
      RC_ASSERT(outside == ordinary);
    }
    RC_ASSERT(touched > 0U);
  }));
}

CAF_TEST(labels name also the payments that are declined or
         booked only because of what an incident did to the balance) {
  std::size_t changed = 0;
  std::size_t worlds = 0;
  CAF_CHECK(rc::check([&] {
    config::account_population poor;
    poor.payments_per_day = 150;
    poor.opening_balance = 30'000;
    auto city = small_city({{"accounts", 30, poor}}, 6h, "2026-01-09T09:30:00Z", 20s);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto calm = by_key(run(city), topic::bank_transactions);
    const auto kind = *rc::gen::element<std::string>("bank.account_takeover", "bank.card_testing", "bank.structuring",
                                                     "bank.mule_pass_through", "bank.salary_day", "bank.flat_deposit");
    city.incidents = {incident_of(kind, "accounts", 1h, 4h, *rc::gen::inRange(0, 11) / 10.0)};
    const auto result = run(city);
    const auto closed = labels(result);
    const auto label = closed.find(kind);
    if (label == closed.end()) // nothing could be stolen
      return;
    const auto account = text(label->second, "entity");
    const auto known = [](const event& line) { return outline(line) + " " + text(line, "status"); };
    std::set<std::string> ordinary;
    std::set<std::string> received;
    for (const auto& line : calm.at(account)) {
      ordinary.insert(known(line));
      if (text(line, "type") == "transfer_in")
        received.insert(known(line));
    }
    std::vector<event> during;
    const auto statements = by_key(result, topic::bank_transactions);
    for (const auto& line : statements.at(account)) {
      if (time_of(line) < city.start + 1h || time_of(line) >= city.start + 5h) {
        RC_ASSERT(!covers(label->second, line));
        continue;
      }
      // What others no longer send, since they themselves had less, is theirs: a rare world is left out.
      if (text(line, "type") == "transfer_in" && text(line, "counterparty_id").starts_with("account-") &&
          !received.contains(known(line)))
        return;
      during.push_back(line);
    }
    std::set<std::string> came;
    for (const auto& line : during)
      came.insert(known(line));
    for (const auto& line : calm.at(account))
      if (text(line, "type") == "transfer_in" && time_of(line) >= city.start + 1h && time_of(line) < city.start + 5h &&
          !came.contains(known(line)))
        return;
    ++worlds;
    for (const auto& line : during) {
      const auto own =
          text(line, "type") == "card" || text(line, "type") == "cash" || text(line, "type") == "transfer_out";
      RC_ASSERT(covers(label->second, line) == !ordinary.contains(known(line)));
      if (own && covers(label->second, line) && calm_has(calm.at(account), line))
        ++changed;
    }
  }));
  CAF_CHECK(worlds > 50);
  CAF_CHECK(changed > 50);
}

CAF_TEST(an incident among several accounts is one occurrence with a label for each) {
  const auto city = strike("bank.fan_in", 0.3, 3);
  CAF_CHECK_EQUAL(city.groups.size(), 3U);
  std::set<std::string> accounts;
  for (const auto& [id, parts] : city.groups) {
    CAF_CHECK(parts.size() >= 5);
    for (const auto& [account, label] : parts) {
      CAF_CHECK(accounts.insert(account).second); // nobody plays in two of them
      CAF_CHECK_EQUAL(text(label, "label_id"), id + "-" + account);
      CAF_CHECK_EQUAL(text(label, "person_id"), "person-" + account.substr(8));
      CAF_CHECK(!label.at("first_seq").is_null());
      CAF_CHECK_EQUAL(text(label, "end"), to_iso8601(city.scenario.start + 7h));
    }
  }
}

CAF_TEST(each pattern of money has its shape and its order) {
  for (double subtlety : {0.0, 0.3, 0.7, 1.0}) {
    for (const std::string kind : {"bank.fan_in", "bank.fan_out", "bank.cycle", "bank.scatter_gather",
                                   "bank.gather_scatter", "bank.bipartite", "bank.stack"}) {
      const auto city = strike(kind, subtlety);
      CAF_REQUIRE_EQUAL(city.groups.size(), 1U);
      const auto& parts = city.groups.begin()->second;
      const auto edges = edges_of(parts, city.statements, 10s);
      const auto found = flows_of(edges);
      const auto shape = shape_of(parts, found);
      const auto all = static_cast<int>(parts.size());
      CAF_MESSAGE(kind << " at " << subtlety << ": " << all << " accounts, " << edges.size() << " payments");
      using counts = std::map<std::pair<int, int>, int>;
      if (kind == "bank.fan_in") {
        CAF_CHECK(all >= 5 && all <= 13);
        CAF_CHECK(shape == (counts{{{0, 1}, all - 1}, {{all - 1, 0}, 1}}));
      } else if (kind == "bank.fan_out") {
        CAF_CHECK(shape == (counts{{{1, 0}, all - 1}, {{0, all - 1}, 1}}));
      } else if (kind == "bank.cycle") {
        CAF_CHECK(all >= 3 && all <= 9);
        CAF_CHECK(shape == (counts{{{1, 1}, all}}));
        for (std::size_t i = 0; i < edges.size(); ++i)
          CAF_CHECK_EQUAL(edges[i].to, edges[(i + 1) % edges.size()].from);
      } else if (kind == "bank.scatter_gather") {
        CAF_CHECK(shape == (counts{{{0, all - 2}, 1}, {{1, 1}, all - 2}, {{all - 2, 0}, 1}}));
      } else if (kind == "bank.gather_scatter") {
        CAF_CHECK_EQUAL(shape.size(), 3U);
        const auto senders = shape.at({0, 1});
        const auto receivers = shape.at({1, 0});
        CAF_CHECK(senders >= 2 && receivers >= 2 && senders + receivers == all - 1);
        CAF_CHECK_EQUAL(shape.at({senders, receivers}), 1);
      } else if (kind == "bank.bipartite") {
        CAF_REQUIRE_EQUAL(shape.size(), 2U);
        const auto receivers = shape.begin()->first.second;
        CAF_CHECK(shape == (counts{{{0, receivers}, all - receivers}, {{all - receivers, 0}, receivers}}));
      } else {
        CAF_REQUIRE_EQUAL(shape.size(), 3U);
        const auto middle = shape.begin()->first.second; // each of the first layer pays all of the second
        const auto first = shape.begin()->second;
        const auto last = all - first - middle;
        CAF_CHECK(shape == (counts{{{0, middle}, first}, {{first, last}, middle}, {{middle, 0}, last}}));
      }
      // Nobody but those who begin it pays on before all has come that comes, nor more than came.
      std::set<std::string> begin;
      for (const auto& each : edges)
        if (kind != "bank.cycle" || begin.empty())
          if (!found.in.contains(each.from) || kind == "bank.cycle")
            begin.insert(each.from);
      for (const auto& [account, left] : found.left) {
        if (begin.contains(account))
          continue;
        timestamp last_came{INT64_MIN};
        timestamp first_left{INT64_MAX};
        for (const auto& each : edges) {
          if (each.to == account)
            last_came = std::max(last_came, each.sent);
          if (each.from == account)
            first_left = std::min(first_left, each.sent);
        }
        CAF_CHECK(last_came < first_left);
        CAF_CHECK(left < found.came.at(account));
        CAF_CHECK(left * 100 >= found.came.at(account) * 89);
      }
      // Blatant: one device for all, and equal parts.
      std::set<std::string> devices;
      for (const auto& each : edges)
        devices.insert(each.device);
      CAF_CHECK_EQUAL(devices.size() == 1, subtlety < 0.5 || found.out.size() == 1);
      if (subtlety == 0)
        for (const auto& [account, left] : found.left)
          for (const auto& each : edges)
            if (each.from == account) // but for what is left over of a cent each
              CAF_CHECK(std::abs(each.amount * found.out.at(account) - left) <= 100);
    }
  }
}

CAF_TEST(the more subtle a pattern the longer it takes and the less money goes through it) {
  for (const std::string kind : {"bank.fan_in", "bank.scatter_gather", "bank.cycle"}) {
    std::vector<double> means;
    std::vector<std::int64_t> lengths;
    for (double subtlety : {0.0, 0.5, 1.0}) {
      const auto city = strike(kind, subtlety, 2);
      std::int64_t sum = 0;
      std::int64_t count = 0;
      std::int64_t length = 0;
      for (const auto& [id, parts] : city.groups) {
        const auto edges = edges_of(parts, city.statements, 10s);
        for (const auto& each : edges)
          sum += each.amount;
        count += static_cast<std::int64_t>(edges.size());
        length += (edges.back().sent - edges.front().sent).count();
      }
      means.push_back(static_cast<double>(sum) / static_cast<double>(count));
      lengths.push_back(length);
    }
    CAF_CHECK(means[0] > 1.5 * means[1] && means[1] > 1.5 * means[2]);
    CAF_CHECK(lengths[0] < lengths[1] && lengths[1] < lengths[2]);
    CAF_CHECK(lengths[0] < 7'200'000);
  }
}

CAF_TEST(a taken over account is drained from a device that it never used) {
  const auto city = strike("bank.account_takeover", 0);
  const auto& parts = city.groups.begin()->second;
  CAF_CHECK_EQUAL(parts.size(), 1U);
  for (const auto& [account, label] : parts) {
    CAF_CHECK(label.at("malicious").as_bool());
    std::set<std::string> own_devices;
    for (const auto& line : city.statements.at(account))
      if (!covers(label, line) && !line.at("device_id").is_null())
        own_devices.insert(text(line, "device_id"));
    const auto attack = covered(city, account, label);
    CAF_CHECK_EQUAL(attack.size(), 6U);
    for (const auto& line : attack) {
      CAF_CHECK(text(line, "type") == "transfer_out" || text(line, "channel") == "online");
      CAF_CHECK_EQUAL(own_devices.count(text(line, "device_id")), 0U);
      CAF_CHECK(text(line, "country") != text(city.statements.at(account).front(), "country"));
    }
    const auto before = cents(attack.front(), "balance") + cents(attack.front(), "amount");
    CAF_CHECK(cents(attack.back(), "balance") < before / 5);
  }
}

CAF_TEST(card testing is many tiny payments online and then a large one) {
  for (double subtlety : {0.0, 0.5, 1.0}) {
    const auto city = strike("bank.card_testing", subtlety, 1, rich(), 1h);
    const auto& [account, label] = *city.groups.begin()->second.begin();
    const auto attack = covered(city, account, label);
    CAF_CHECK_EQUAL(attack.size(), static_cast<std::size_t>(7 + std::lround(12 * (1 - subtlety))));
    std::set<std::string> merchants;
    for (std::size_t i = 0; i < attack.size(); ++i) {
      CAF_CHECK_EQUAL(text(attack[i], "channel"), "online");
      merchants.insert(text(attack[i], "merchant_id"));
      if (i + 1 < attack.size())
        CAF_CHECK(cents(attack[i], "amount") <= 500);
      else
        CAF_CHECK(cents(attack[i], "amount") > 100'00);
    }
    CAF_CHECK_EQUAL(merchants.size(), attack.size());
  }
}

CAF_TEST(a copied card pays abroad between payments of its owner at home) {
  for (double subtlety : {0.0, 1.0}) {
    const auto city = strike("bank.impossible_travel", subtlety);
    const auto& [account, label] = *city.groups.begin()->second.begin();
    const auto attack = covered(city, account, label);
    const auto pairs = subtlety == 0 ? 5U : 2U;
    CAF_REQUIRE_EQUAL(attack.size(), 2 * pairs);
    const auto home = text(city.statements.at(account).front(), "country");
    for (std::size_t i = 0; i < attack.size(); i += 2) {
      CAF_CHECK_EQUAL(text(attack[i], "channel"), "pos");
      CAF_CHECK_EQUAL(text(attack[i + 1], "channel"), "pos");
      CAF_CHECK_EQUAL(text(attack[i], "country"), home);
      CAF_CHECK(text(attack[i + 1], "country") != home);
      const auto gap = time_of(attack[i + 1]) - time_of(attack[i]);
      CAF_CHECK(subtlety == 0 ? gap < 5min : gap > 30min);
    }
  }
}

CAF_TEST(structuring stays just under the threshold whatever the account holds) {
  config::account_population poor;
  poor.opening_balance = 100;
  const auto city = strike("bank.structuring", 0.2, 1, poor, 20h);
  const auto& parts = city.groups.begin()->second;
  CAF_CHECK_EQUAL(parts.size(), 1U);
  int deposits = 0;
  for (const auto& [account, label] : parts)
    for (const auto& line : covered(city, account, label)) {
      const auto type = text(line, "type");
      if (type == "card" || type == "cash") // of the owner's own: only that money pays for it
        continue;
      CAF_CHECK(cents(line, "amount") < 1'000'000);
      CAF_CHECK(cents(line, "amount") > 850'000);
      deposits += text(line, "type") == "deposit" ? 1 : 0;
    }
  CAF_CHECK_EQUAL(deposits, 6);
}

CAF_TEST(who is persuaded pays from their own device at home and the receiver cashes out) {
  for (double subtlety : {0.0, 1.0}) {
    const auto city = strike("bank.push_payment", subtlety);
    const auto& parts = city.groups.begin()->second;
    const auto edges = edges_of(parts, city.statements, 10s);
    CAF_REQUIRE_EQUAL(edges.size(), subtlety == 0 ? 2U : 1U);
    const auto own = device_id(static_cast<std::uint32_t>(std::stoul(edges[0].from.substr(8))));
    CAF_CHECK_EQUAL(edges[0].device, own.view());
    const auto receiver = edges[0].to;
    std::int64_t out = 0;
    bool cash = false;
    for (const auto& line : covered(city, receiver, parts.at(receiver)))
      if (!is_credit(line)) {
        out += cents(line, "amount");
        cash = cash || text(line, "type") == "cash";
      }
    CAF_CHECK(cash);
    CAF_CHECK(out <= flows_of(edges).came.at(receiver));
    CAF_CHECK(out > edges[0].amount / 2);
  }
}

CAF_TEST(a mule keeps little of what comes and not for long) {
  for (double subtlety : {0.0, 1.0}) {
    const auto city = strike("bank.mule_pass_through", subtlety);
    const auto& parts = city.groups.begin()->second;
    const auto edges = edges_of(parts, city.statements, 10s);
    CAF_REQUIRE(!edges.empty());
    const auto mule = edges.front().from;
    std::int64_t in = 0;
    std::int64_t out = 0;
    timestamp last_in;
    timestamp first_out{INT64_MAX};
    for (const auto& line : covered(city, mule, parts.at(mule)))
      if (is_credit(line)) {
        in += cents(line, "amount");
        last_in = time_of(line);
      } else {
        out += cents(line, "amount");
        first_out = std::min(first_out, time_of(line));
      }
    CAF_CHECK(out < in && out * 100 > in * 85);
    CAF_CHECK(first_out > last_in);
    CAF_CHECK(subtlety == 0 ? first_out - last_in < 4min : first_out - last_in > 30min);
  }
}

CAF_TEST(a sleeping account pays nothing and then much) {
  const auto city = strike("bank.dormant_then_active", 0);
  const auto& parts = city.groups.begin()->second;
  const auto edges = edges_of(parts, city.statements, 10s);
  CAF_CHECK_EQUAL(edges.size(), 6U);
  const auto sleeper = edges.front().from;
  const auto wakes = city.scenario.start + 1h + 216min; // six tenths of six hours
  int asleep = 0;
  int awake = 0;
  for (const auto& line : city.statements.at(sleeper))
    if (!is_credit(line) && text(line, "type") != "rent" && text(line, "type") != "fee") {
      const auto time = time_of(line);
      asleep += time >= city.scenario.start + 1h && time < wakes ? 1 : 0;
      awake += time >= wakes ? 1 : 0;
    }
  CAF_CHECK_EQUAL(asleep, 0);
  CAF_CHECK(awake > 20); // the owner, too, is back: 200 payments a day
}

CAF_TEST(what is innocent is labelled so) {
  const auto malicious = [](const struck_city& city) {
    const auto& parts = city.groups.begin()->second;
    return std::any_of(parts.begin(), parts.end(),
                       [](const auto& part) { return part.second.at("malicious").as_bool(); });
  };
  const auto bonus = strike("bank.salary_day", 0);
  const auto& [payee, payday] = *bonus.groups.begin()->second.begin();
  const auto spent = covered(bonus, payee, payday);
  CAF_CHECK(!malicious(bonus));
  CAF_CHECK_EQUAL(spent.size(), 15U);
  CAF_CHECK_EQUAL(text(spent.front(), "type"), "salary");

  const auto journey = strike("bank.holiday_travel", 0);
  const auto& [traveller, holiday] = *journey.groups.begin()->second.begin();
  const auto abroad = covered(journey, traveller, holiday);
  CAF_CHECK(!malicious(journey));
  CAF_CHECK(abroad.size() > 20); // all that they would have paid at home
  std::set<std::string> lands;
  for (std::size_t i = 1; i < abroad.size(); ++i)
    lands.insert(text(abroad[i], "country"));
  CAF_CHECK_EQUAL(lands.size(), 1U);

  const auto move = strike("bank.flat_deposit", 0.5);
  const auto& [tenant, deposit] = *move.groups.begin()->second.begin();
  const auto paid = covered(move, tenant, deposit);
  CAF_CHECK(!malicious(move));
  CAF_REQUIRE_EQUAL(paid.size(), 2U);
  CAF_CHECK_EQUAL(cents(paid[0], "amount"), cents(paid[1], "amount"));
  CAF_CHECK(text(paid[1], "counterparty_id").starts_with("landlord-"));

  const auto club = strike("bank.club_collection", 0);
  const auto dues = edges_of(club.groups.begin()->second, club.statements, 10s);
  CAF_CHECK(!malicious(club));
  CAF_CHECK(dues.size() >= 18);
  for (const auto& each : dues)
    CAF_CHECK(each.amount == dues[0].amount && each.to == dues[0].to);

  const auto flat = strike("bank.shared_rent", 0);
  const auto& mates = flat.groups.begin()->second;
  const auto shares = edges_of(mates, flat.statements, 10s);
  CAF_CHECK(!malicious(flat));
  CAF_REQUIRE(shares.size() >= 2);
  const auto last = covered(flat, shares[0].to, mates.at(shares[0].to)).back();
  CAF_CHECK_EQUAL(text(last, "type"), "rent");
  CAF_CHECK_EQUAL(cents(last, "amount"), static_cast<std::int64_t>(shares.size()) * shares[0].amount);
}

CAF_TEST(an account from which nothing can be stolen gets no label range) {
  config::account_population empty;
  empty.payments_per_day = 0;
  empty.salary = 0;
  empty.opening_balance = 0;
  auto city = small_city({{"accounts", 3, empty}}, 2h);
  city.incidents = {incident_of("bank.account_takeover", "accounts", 10min, 30min),
                    incident_of("bank.card_testing", "accounts", 10min, 30min)};
  const auto result = run(city);
  for (const auto& line : all_of(result, topic::bank_transactions))
    CAF_CHECK_EQUAL(text(line, "decline_reason"), "insufficient_funds"); // the card is tried three times
  for (const auto& label : all_of(result, topic::truth_labels))
    if (text(label, "cause") == "bank.account_takeover" && !label.at("end").is_null())
      CAF_CHECK(label.at("first_seq").is_null() && label.at("last_seq").is_null() && label.at("seqs").is_null());
}

CAF_TEST(an account that crashes mid run neither makes nor loses a cent and the run repeats to the byte) {
  auto city = small_city({{"accounts", 40, rich()}}, 3h, "2026-01-09T09:30:00Z", 10s);
  for (const auto& kind : bank_incidents())
    city.incidents.push_back(incident_of(kind, "accounts", 30min, 2h, 0.2));
  const auto with_crashes = [&](std::uint32_t shards) {
    auto made = std::const_pointer_cast<world>(make_world(city));
    made->fault = [](entity_ref who, timestamp now, std::uint32_t restarts) {
      if (who.index % 3 == 0 && draw(now.ms, who.index, restarts) % 10 == 0)
        throw std::runtime_error("planted");
    };
    run_options options;
    options.shards = shards;
    return run_world(made, options);
  };
  const auto once = with_crashes(1);
  CAF_CHECK(once.restarts > 20);
  for (auto money : once.money)
    CAF_CHECK_EQUAL(money, once.money.front());
  CAF_CHECK_EQUAL(audit_statements(once, city, true), "");
  const auto again = with_crashes(3);
  CAF_CHECK(again.runs == once.runs);
  CAF_CHECK(again.money == once.money);
}
