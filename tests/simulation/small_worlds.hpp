// Scenarios in which much happens in little time, for tests of whole worlds.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <caf/test/unit_test.hpp>

#include "simulation/world.hpp"

namespace throng::simulation::testing {

inline std::shared_ptr<const world> make_world(config::scenario scenario) {
  auto made = world::make(std::move(scenario));
  if (!made)
    CAF_FAIL(made.error().message);
  return *made;
}

/// Two populations of sensors for ten minutes, with every incident and every trouble.
inline config::scenario busy_city() {
  using namespace std::chrono_literals;
  config::scenario city;
  city.name = "busy";
  city.seed = 7;
  city.start = *parse_iso8601("2026-01-05T06:00:00Z");
  city.duration = 10min;
  city.step = 1s;
  config::sensor_population slow;
  slow.interval = 10s;
  slow.jitter = 0.2;
  slow.districts = 5;
  auto quick = slow;
  quick.interval = 700ms;
  city.populations = {{"alleys", 40, slow}, {"squares", 13, quick}};
  city.incidents = {{"sensor.spike", "alleys", 3, 1min, std::nullopt, 3min, 0.1, {}},
                    {"sensor.stuck", "squares", 2, 90s, std::nullopt, 2min, 0, {}},
                    {"sensor.drift", "squares", 20, std::nullopt, 60.0, 30s, 0.5, {}},
                    {"sensor.silence", "squares", 1, 3min, std::nullopt, 1min, 0, {}}};
  city.trouble = {0.02, 0.02, 0.03, 0.01, 0.01};
  return city;
}

/// All four kinds in a busy morning hour, with every incident of the catalogue.
inline config::scenario small_metropolis() {
  using namespace std::chrono_literals;
  config::scenario city;
  city.name = "small";
  city.seed = 21;
  city.start = *parse_iso8601("2026-01-30T09:00:00Z");
  city.duration = 1h;
  city.step = 1s;
  config::sensor_population sensors;
  sensors.interval = 30s;
  config::web_client_population visitors;
  visitors.sessions_per_day = 40;
  config::account_population accounts;
  accounts.payments_per_day = 100;
  config::support_client_population helpdesk;
  helpdesk.tickets_per_day = 30;
  city.populations = {{"accounts", 60, accounts},
                      {"helpdesk", 30, helpdesk},
                      {"savings", 11, accounts},
                      {"sensors", 30, sensors},
                      {"visitors", 60, visitors}};
  for (const auto& kind : config::incident_kinds())
    for (const auto& population : city.populations)
      if (config::kind_name(population) == kind.population_kind) {
        config::incident incident;
        incident.kind = kind.name;
        incident.population = population.name;
        incident.count = 2;
        incident.rate_per_hour = 6; // so that each comes at least once
        incident.duration = 15min;
        incident.subtlety = 0.4;
        city.incidents.push_back(incident);
      }
  config::incident conditional;
  conditional.kind = "support.urgent_wave";
  conditional.population = "helpdesk";
  conditional.count = 3;
  conditional.duration = 2min;
  conditional.when = {{"web_errors", config::total_bound::relation::gt, 0},
                      {"transactions", config::total_bound::relation::gte, 0}};
  city.incidents.push_back(conditional);
  city.trouble = {0.01, 0.01, 0.01, 0.01, 0.01};
  return city;
}

} // namespace throng::simulation::testing
