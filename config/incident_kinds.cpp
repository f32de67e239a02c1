// The catalogue of incidents. simulation/ makes them happen; this is what a scenario may name.
#include "config/scenario.hpp"

namespace throng::config {

using namespace std::chrono_literals;

const std::vector<incident_kind>& incident_kinds() {
  static const std::vector<incident_kind> kinds{
      {"sensor.spike", "sensor", 10min, true,
       "Single readings jump far away from the others; subtlety makes the jumps smaller and rarer."},
      {"sensor.stuck", "sensor", 30min, true,
       "Every reading repeats the last value; subtlety lets a little of the noise through."},
      {"sensor.drift", "sensor", 2h, true,
       "Readings creep away from the truth; subtlety makes them creep more slowly."},
      {"sensor.silence", "sensor", 20min, true, "The sensor sends nothing; subtlety lets single readings through."},
      {"sensor.noise", "sensor", 30min, true,
       "Readings scatter far more than they should; subtlety makes them scatter less."},
      {"sensor.offset", "sensor", 1h, true,
       "Readings are off by one amount, all at once and to the end; subtlety makes it a smaller one."},
      {"sensor.dropout", "sensor", 30min, true,
       "Measurements are null in the messages; subtlety makes it fewer of them, and from 0.5 on spares CO2 and light."},
      {"sensor.battery_death", "sensor", 2h, true,
       "The battery sinks to 0, the readings scatter, and nothing comes until a new one is in; subtlety lets it sink "
       "more "
       "slowly and scatter less."},
      {"sensor.district_outage", "sensor", 20min, true,
       "All sensors of a district lose their power at once; subtlety spares some and spreads the moment."},
      {"sensor.clock_skew", "sensor", 1h, true,
       "The sensor's clock, and so its timestamps, is behind by up to 20 minutes; subtlety makes it seconds."},
      {"web.scraper", "web_client", 30min, true,
       "A client walks through all items at machine speed; subtlety makes it slower and less regular."},
      {"web.credential_stuffing", "web_client", 20min, true,
       "A client tries stolen passwords, one login after the other; subtlety spreads the attempts out."},
      {"web.error_burst", "web_client", 10min, true,
       "The shop answers its clients with errors of the 500s; subtlety makes the errors rarer."},
      {"web.flash_crowd", "web_client", 1h, false,
       "Many come within minutes to look at one thing: innocent, but it looks like an attack; subtlety spreads them "
       "out."},
      {"web.denial_of_service", "web_client", 10min, true,
       "Clients ask for costly pages as fast as they can; subtlety makes them slower and calls them browsers."},
      {"web.path_scan", "web_client", 15min, true,
       "A client looks for pages that should not be there; subtlety makes it slower and less regular."},
      {"web.slow_backend", "web_client", 20min, true,
       "The shop answers its clients many times as slowly, and gives up on some; subtlety makes it less slow."},
      {"web.cart_bot", "web_client", 30min, true,
       "A program puts one thing into the cart over and over, and never buys; subtlety makes it slower and lets it "
       "look "
       "first."},
      {"bank.account_takeover", "account", 30min, true,
       "A stranger logs in with a new device and drains the account to other banks and shops; subtlety makes the "
       "drains "
       "fewer, smaller and slower, and hides the foreign country."},
      {"bank.card_testing", "account", 20min, true,
       "A stolen card is tried with many tiny payments, then used for a large one; subtlety makes the tries fewer, "
       "less "
       "tiny and slower, and the large one smaller."},
      {"bank.impossible_travel", "account", 2h, true,
       "A copy of the card pays in shops abroad soon after the owner paid at home; subtlety makes it pay less often, "
       "later, and nearer."},
      {"bank.structuring", "account", 24h, true,
       "Cash is paid in by several amounts just under a reporting threshold, and passed on; subtlety varies the "
       "amounts and spreads them."},
      {"bank.push_payment", "account", 1h, true,
       "The owner is talked into sending much of the balance to somebody new, who cashes out; subtlety makes it less "
       "money, once instead of twice, and the receiver slower.",
       1},
      {"bank.mule_pass_through", "account", 2h, true,
       "Money from other banks comes and leaves at once by cash and transfer; subtlety makes it less money and the "
       "account's own cut larger, and lets it rest longer.",
       1},
      {"bank.dormant_then_active", "account", 24h, true,
       "An account sleeps for the first six tenths of the time, then much comes and leaves; subtlety makes it less "
       "money "
       "by fewer transfers that are further apart.",
       1},
      {"bank.fan_in", "account", 6h, true,
       "Many accounts send dirty money to one; subtlety makes them fewer, their amounts smaller and less equal, and "
       "spreads them.",
       2},
      {"bank.fan_out", "account", 6h, true,
       "One account sends dirty money to many; subtlety makes them fewer, the amounts smaller and less equal, and "
       "spreads "
       "them.",
       2},
      {"bank.cycle", "account", 6h, true,
       "Money goes round through several accounts until it is back; subtlety makes the way longer and slower, the "
       "amount "
       "smaller, and what each keeps larger.",
       3},
      {"bank.scatter_gather", "account", 6h, true,
       "One account sends to several, and these to one; subtlety makes them fewer and slower, the amounts smaller and "
       "less equal.",
       3},
      {"bank.gather_scatter", "account", 6h, true,
       "Several accounts send to one, and this to several others; subtlety makes them fewer and slower, the amounts "
       "smaller and less equal.",
       3},
      {"bank.bipartite", "account", 6h, true,
       "Each of several accounts sends to each of several others; subtlety makes them fewer and slower, the amounts "
       "smaller and less equal.",
       2},
      {"bank.stack", "account", 6h, true,
       "Each of several accounts sends to each of several others, and these to each of a third layer; subtlety makes "
       "them "
       "fewer and slower, the amounts smaller and less equal.",
       3},
      {"bank.salary_day", "account", 6h, false,
       "Salaries arrive and are spent at once: innocent, but it looks like trouble; subtlety makes it look less so."},
      {"bank.holiday_travel", "account", 72h, false,
       "The owner travels and pays abroad: innocent, but it looks like a stolen card; subtlety makes it less and "
       "nearer."},
      {"bank.flat_deposit", "account", 6h, false,
       "Savings come and leave at once for a landlord: innocent, but it looks like a mule; subtlety makes it less, and "
       "later."},
      {"bank.club_collection", "account", 6h, false,
       "Members of a club send its treasurer the same amount: innocent, but it looks like a fan-in; subtlety makes "
       "them "
       "fewer and spreads them.",
       2},
      {"bank.shared_rent", "account", 6h, false,
       "Flatmates send one of them their shares, who pays the landlord: innocent, but it looks like a mule; subtlety "
       "makes them fewer and slower.",
       2},
      {"support.ticket_flood", "support_client", 30min, true,
       "A client writes ticket after ticket; subtlety makes them come more slowly."},
      {"support.urgent_wave", "support_client", 1h, true,
       "Clients write urgent tickets about one fault; subtlety makes fewer of them urgent."},
  };
  return kinds;
}

const std::vector<std::string_view>& city_totals() {
  static const std::vector<std::string_view> names{"web_requests", "web_errors", "transactions", "declined"};
  return names;
}

} // namespace throng::config
