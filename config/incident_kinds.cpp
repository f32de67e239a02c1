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
       "A stranger logs in with a new device and drains the account; subtlety takes smaller amounts over more time."},
      {"bank.card_testing", "account", 20min, true,
       "A stolen card is tried with many tiny payments, then used for a large one; subtlety makes the tries fewer and "
       "the "
       "large one smaller."},
      {"bank.structuring", "account", 24h, true,
       "Cash is paid in by several amounts just under a reporting threshold; subtlety varies the amounts and spreads "
       "them."},
      {"bank.salary_day", "account", 6h, false,
       "Salaries arrive and are spent at once: innocent, but it looks like trouble; subtlety makes it look less so."},
      {"support.ticket_flood", "support_client", 30min, true,
       "A client writes ticket after ticket; subtlety makes them come more slowly."},
      {"support.urgent_wave", "support_client", 1h, true,
       "Clients write urgent tickets about one fault; subtlety makes fewer of them urgent."},
  };
  return kinds;
}

} // namespace throng::config
