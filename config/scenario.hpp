// A scenario: which world to simulate, for how long, and what goes wrong in it. A plain value, checked by load.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.hpp"
#include "config/time.hpp"

namespace throng::config {

// The four kinds of population. Every member stands in schema/scenario.schema.json with unit, range, default and one
// sentence; a default here equals the one there (a test compares them).

struct sensor_population {
  milliseconds interval{10'000};
  double jitter = 0.02;         ///< share of the interval by which a reading may be early or late, 0 to 0.5
  std::uint32_t districts = 20; ///< sensors are dealt to districts in turn
  double noise = 1.0;           ///< multiplies every measurement's own noise, 0 to 10
  double drift = 0.1;           ///< standard deviation of the drift of its temperature: degrees a month, 0 to 10
  milliseconds battery_life = std::chrono::hours{24 * 240}; ///< median, until it is changed
  milliseconds warm_up = std::chrono::minutes{3};           ///< after it was without power

  friend bool operator==(const sensor_population&, const sensor_population&) = default;
};

/// Weights of the full hours of a day, linear in between.
using hour_weights = std::array<double, 24>;
/// Weights of Monday to Sunday.
using weekday_weights = std::array<double, 7>;

/// What a visitor of the shop does; each but `leave` is one request.
inline constexpr std::array<std::string_view, 10> web_actions{"home",  "login", "browse", "search", "view",
                                                              "click", "rate",  "cart",   "buy",    "leave"};
/// In the order of web_actions.
using action_weights = std::array<double, 10>;

/// A session as a weighted state machine: where it begins, and what follows each action but `leave`. Invented, in the shape
/// that shops report: one view in twenty ends in an order, one session in nine buys.
struct session_weights {
  action_weights start{48, 6, 18, 4, 24, 0, 0, 0, 0, 0};
  std::array<action_weights, 9> after{{
      // home login browse search view click rate cart buy leave
      {0, 8, 40, 32, 12, 0, 0, 0, 0, 8},   // home
      {8, 4, 40, 26, 14, 0, 0, 0, 0, 8},   // login
      {3, 0, 18, 8, 55, 0, 0, 0, 0, 16},   // browse
      {0, 0, 8, 20, 57, 0, 0, 0, 0, 15},   // search
      {2, 0, 16, 10, 22, 26, 2, 8, 0, 14}, // view
      {0, 0, 14, 8, 25, 18, 4, 15, 0, 16}, // click
      {10, 0, 18, 10, 24, 0, 0, 0, 0, 38}, // rate
      {0, 4, 14, 0, 20, 0, 0, 0, 37, 25},  // cart
      {10, 0, 14, 0, 10, 0, 12, 0, 0, 54}, // buy
  }};

  friend bool operator==(const session_weights&, const session_weights&) = default;
};

/// How a visitor comes in.
inline constexpr std::array<std::string_view, 5> web_referrers{"typed", "search_engine", "newsletter", "social",
                                                               "partner"};
using referrer_weights = std::array<double, 5>;

struct web_client_population {
  double sessions_per_day = 6; ///< on the mean of a week
  /// When people look at shops: little by night, a first rise over lunch, most on the sofa.
  hour_weights hours{5, 3, 2, 1, 1, 2, 4, 6, 8, 10, 11, 12, 13, 12, 11, 11, 12, 13, 15, 18, 20, 19, 14, 9};
  weekday_weights weekdays{10, 10, 10, 10, 9, 9, 12};
  milliseconds think_time{8'000}; ///< median between two requests of a session
  double think_spread = 0.9;      ///< sigma of the log-normal think time
  std::uint32_t items = 2'000;    ///< how many things the shop has; popularity falls by Zipf's law
  double zipf = 1.0;              ///< its exponent, 0 to 3
  double capacity = 0;            ///< requests a second that the site can serve; 0: enough for its busiest hour
  session_weights session;
  referrer_weights referrers{42, 34, 8, 11, 5};

  friend bool operator==(const web_client_population&, const web_client_population&) = default;
};

struct account_population {
  double payments_per_day = 4;
  std::int64_t salary = 280'000;          ///< median monthly salary, minor units (cents)
  std::int64_t opening_balance = 150'000; ///< median, minor units
  std::uint32_t merchants = 500;
  double rent_share = 0.27;       ///< median rent as a share of the salary, 0 to 0.6
  std::int64_t monthly_fee = 190; ///< of the account, minor units
  std::uint32_t payees = 6;       ///< people whom somebody sends money to
  double habit = 0.75;            ///< share of card payments at one of three favourite shops of their kind, 0 to 1

  friend bool operator==(const account_population&, const account_population&) = default;
};

struct support_client_population {
  double tickets_per_day = 0.5; ///< on the mean of a week
  hour_weights hours{1, 0, 0, 0, 0, 0, 1, 3, 8, 12, 13, 12, 10, 10, 11, 11, 10, 9, 6, 5, 5, 4, 3, 2};
  weekday_weights weekdays{13, 11, 10, 10, 9, 4, 4};
  milliseconds answer_time = std::chrono::hours{4}; ///< median, of tickets of normal priority
  double escalates = 0.1;                           ///< share of the tickets of normal priority, 0 to 1
  // Who writes about what went wrong elsewhere: shares, 0 to 1.
  double after_error = 0.2;   ///< of the shop's visits that met an error of the site
  double after_decline = 0.3; ///< of declined payments
  double after_fraud = 0.5;   ///< of stolen logins and payments
  double after_outage = 0.5;  ///< of own sensors that went silent

  friend bool operator==(const support_client_population&, const support_client_population&) = default;
};

struct population {
  std::string name;
  std::uint32_t count = 0;
  std::variant<sensor_population, web_client_population, account_population, support_client_population> behaviour;

  friend bool operator==(const population&, const population&) = default;
};

/// `sensor`, `web_client`, `account`, `support_client`: by the variant's index.
std::string_view kind_name(const population& of);

/// A bound on one of the city's totals, a second, in the tick before.
struct total_bound {
  enum class relation : std::uint8_t { gt, gte, lt, lte };
  std::string total; ///< a name of `city_totals()`
  relation is = relation::gt;
  double bound = 0;

  friend bool operator==(const total_bound&, const total_bound&) = default;
};

/// What a `when` may watch.
const std::vector<std::string_view>& city_totals();

struct incident {
  std::string kind; ///< a name of `incident_kinds()`
  std::string population;
  std::uint32_t count = 1;             ///< entities hit each time it opens
  std::optional<milliseconds> at;      ///< after the scenario's start; exactly one of `at`, `rate_per_hour` and `when`
  std::optional<double> rate_per_hour; ///< Poisson
  milliseconds duration{0};            ///< the file's `for`
  double subtlety = 0.3;               ///< 0 blatant to 1 hardly there
  std::vector<total_bound> when;       ///< opens where all hold and it is not open already; empty: none

  friend bool operator==(const incident&, const incident&) = default;
};

/// What the catalogue knows of an incident kind; `name` begins with its domain (`sensor.stuck`).
struct incident_kind {
  std::string name;
  std::string population_kind;
  milliseconds default_duration{0};
  bool malicious = true;
  std::string sentence; ///< what it does, and what subtlety changes
  /// The least number of entities of which one occurrence befalls several, each in a part of its own; 0: it befalls single ones,
  /// and `incident::count` counts them rather than occurrences.
  std::uint32_t group = 0;
};

const std::vector<incident_kind>& incident_kinds();

/// Shares of all messages, 0 to 0.5 each.
struct trouble {
  double late = 0;
  double duplicate = 0;
  double out_of_order = 0;
  double malformed = 0;
  double missing_field = 0;

  friend bool operator==(const trouble&, const trouble&) = default;
};

/// The closed loop: what the world does about alerts on its entities.
struct reaction_settings {
  milliseconds delay = std::chrono::minutes{1};   ///< from the end of the tick that released the alert
  double share = 1;                               ///< of the alerts
  milliseconds duration = std::chrono::hours{24}; ///< the file's `for`: of a block or a ban

  friend bool operator==(const reaction_settings&, const reaction_settings&) = default;
};

struct record_settings {
  std::vector<std::string> topics; ///< raw events of these are kept in the store
  milliseconds keep{0};            ///< 0: for ever

  friend bool operator==(const record_settings&, const record_settings&) = default;
};

struct scenario {
  std::string name;
  std::uint64_t seed = 1;
  double latitude = 48.2;             ///< of the city: degrees, north of the equator positive
  timestamp start{1'767'571'200'000}; ///< 2026-01-05T00:00:00Z, a Monday
  milliseconds duration{0};           ///< 0: no end
  double speed = 0;                   ///< virtual seconds a wall second; 0 is "max"
  bool then_live = false;             ///< the file's `then`: once it has come to wall-clock time, it keeps to it
  milliseconds step{1'000};
  milliseconds message_delay{1'000};   ///< also the tick; a step is a tick or a whole fraction of it
  milliseconds lookahead{60'000};      ///< how far the far-sighted kinds may be woken ahead, in whole ticks
  std::vector<population> populations; ///< in the order of their names
  std::vector<incident> incidents;     ///< in the order of the file
  config::trouble trouble;
  std::vector<std::string> pipelines; ///< files or presets
  record_settings record;
  std::optional<reaction_settings> react_to_alerts; ///< the file's `react`: none, the world reads nothing back
  config::settings settings;

  friend bool operator==(const scenario&, const scenario&) = default;
};

} // namespace throng::config
