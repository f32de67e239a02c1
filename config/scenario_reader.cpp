#include "config/readers.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/fields.hpp"

namespace throng::config {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

/// @pre none is negative: the schema's word
template <std::size_t N>
void read_weights(const fields& from, const std::string& key, std::array<double, N>& into) {
  from.read(key, into);
  if (std::all_of(into.begin(), into.end(), [](double weight) { return weight == 0; }))
    from.report(key, "all are 0; at least one must be above, or nothing ever comes");
}

/// An object of weights by name; names that are not there weigh nothing.
template <std::size_t N>
void read_weights(const fields& from, const std::string& key, const std::array<std::string_view, N>& names,
                  std::array<double, N>& into) {
  if (!from.has(key))
    return;
  into = {};
  double sum = 0;
  from.inner(key).for_each_member([&](const std::string& name, const json::value& value, const std::string& path) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      from.in().report_key(path,
                           fmt::format("`{}` is not known; there are: {}", name.substr(0, 80), fmt::join(names, ", ")));
    else if (value.is_number())
      sum += into[static_cast<std::size_t>(found - names.begin())] = value.to_number<double>();
  });
  if (sum <= 0)
    from.report(key, "all weights are 0; at least one must be above");
}

/// Every session has to end: from each action that one can come to, there is a way to `leave`.
void check_ends(const fields& from, const session_weights& weights) {
  std::array<bool, web_actions.size()> ends{};
  ends.back() = true;
  for (std::size_t round = 0; round < web_actions.size(); ++round)
    for (std::size_t i = 0; i < weights.after.size(); ++i)
      for (std::size_t next = 0; next < web_actions.size(); ++next)
        ends[i] = ends[i] || (weights.after[i][next] > 0 && ends[next]);
  for (std::size_t i = 0; i < weights.after.size(); ++i)
    if (!ends[i]) {
      const std::string name{web_actions[i]};
      from.report(name, fmt::format("no visitor who comes to {} ever leaves; give `leave` a weight here, or after what "
                                    "follows",
                                    name));
      return;
    }
}

void read_session(const fields& from, session_weights& into) {
  read_weights(from, "start", web_actions, into.start);
  if (into.start.back() > 0)
    from.report("start", "a session cannot begin with `leave`");
  for (std::size_t i = 0; i < into.after.size(); ++i)
    read_weights(from, std::string{web_actions[i]}, web_actions, into.after[i]);
  check_ends(from, into);
}

void read_behaviour(const fields& from, sensor_population& into) {
  from.read("interval", into.interval, 100ms, 24h);
  from.read("jitter", into.jitter);
  from.read("districts", into.districts);
  from.read("noise", into.noise);
  from.read("drift", into.drift);
  from.read("battery_life", into.battery_life, 1h, 24h * 3650);
  from.read("warm_up", into.warm_up, 0ms, 24h);
}

void read_behaviour(const fields& from, web_client_population& into) {
  from.read("sessions_per_day", into.sessions_per_day);
  read_weights(from, "hours", into.hours);
  read_weights(from, "weekdays", into.weekdays);
  from.read("think_time", into.think_time, 100ms, 1h);
  from.read("think_spread", into.think_spread);
  from.read("items", into.items);
  from.read("zipf", into.zipf);
  from.read("capacity", into.capacity);
  read_session(from.inner("session"), into.session);
  read_weights(from, "referrers", web_referrers, into.referrers);
}

void read_behaviour(const fields& from, account_population& into) {
  from.read("payments_per_day", into.payments_per_day);
  from.read("salary", into.salary);
  from.read("opening_balance", into.opening_balance);
  from.read("merchants", into.merchants);
  from.read("rent_share", into.rent_share);
  from.read("monthly_fee", into.monthly_fee);
  from.read("payees", into.payees);
  from.read("habit", into.habit);
}

void read_behaviour(const fields& from, support_client_population& into) {
  from.read("tickets_per_day", into.tickets_per_day);
  read_weights(from, "hours", into.hours);
  read_weights(from, "weekdays", into.weekdays);
  from.read("answer_time", into.answer_time, 1s, 24h * 30);
  from.read("escalates", into.escalates);
  from.read("after_error", into.after_error);
  from.read("after_decline", into.after_decline);
  from.read("after_fraud", into.after_fraud);
  from.read("after_outage", into.after_outage);
}

/// Names stand in paths, environment variables and file names: lower case, short, plain.
bool is_population_name(const std::string& name) {
  auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  auto other = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= 64 && lower(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || other(c); });
}

bool emplace_behaviour(population& of, std::string_view kind) {
  if (kind == "sensor")
    of.behaviour.emplace<sensor_population>();
  else if (kind == "web_client")
    of.behaviour.emplace<web_client_population>();
  else if (kind == "account")
    of.behaviour.emplace<account_population>();
  else if (kind == "support_client")
    of.behaviour.emplace<support_client_population>();
  else
    return false;
  return true;
}

/// All populations by name, also those whose kind is wrong: so that incidents on them are not reported too.
std::vector<population> read_populations(const fields& from, std::vector<std::string>& names) {
  std::vector<population> result;
  from.for_each_member([&](const std::string& name, const json::value& value, const std::string& path) {
    names.push_back(name);
    if (!is_population_name(name))
      from.in().report_key(path,
                           fmt::format("`{}` is no name of a population; allowed: lower-case letters, digits, - and "
                                       "_, beginning with a letter, at most 64",
                                       name.substr(0, 80)));
    fields one{from.in(), value, path};
    population next;
    next.name = name;
    one.read("count", next.count);
    std::string kind;
    one.read("kind", kind);
    if (!emplace_behaviour(next, kind))
      return;
    std::visit([&](auto& behaviour) { read_behaviour(one, behaviour); }, next.behaviour);
    result.push_back(std::move(next));
  });
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return result;
}

void check_target(const fields& from, const incident& of, const incident_kind& kind,
                  const std::vector<population>& populations, const std::vector<std::string>& names) {
  auto target =
      std::find_if(populations.begin(), populations.end(), [&](const auto& p) { return p.name == of.population; });
  if (target == populations.end()) {
    if (!from.has("population") || std::find(names.begin(), names.end(), of.population) != names.end())
      return;
    auto nearest = nearest_name(of.population, names);
    from.report("population", fmt::format("{} is no population of this scenario; {}", from.shown("population"),
                                          nearest.empty() ? fmt::format("there are: {}", fmt::join(names, ", "))
                                                          : fmt::format("did you mean {}?", nearest)));
    return;
  }
  if (kind_name(*target) != kind.population_kind)
    from.report("population",
                fmt::format("{} is of the kind {}, but {} needs one of the kind {}", from.shown("population"),
                            kind_name(*target), kind.name, kind.population_kind));
  else if (const auto* sensors = std::get_if<sensor_population>(&target->behaviour);
           sensors != nullptr && kind.name == "sensor.district_outage" && of.count > sensors->districts)
    from.report("count", fmt::format("{} is more than the population has: {} has {} districts", of.count, target->name,
                                     sensors->districts));
  else if (kind.group > 0 && std::uint64_t{of.count} * kind.group > target->count)
    from.report("count", fmt::format("{} times {} needs at least {} entities; {} has {}", of.count, kind.name,
                                     std::uint64_t{of.count} * kind.group, target->name, target->count));
  else if (of.count > target->count)
    from.report("count",
                fmt::format("{} is more than the population has: {} has {}", of.count, target->name, target->count));
}

/// `{"web_requests": {"$gt": 500}}`; the schema has checked names and operators.
std::vector<total_bound> read_when(const fields& from) {
  using relation = total_bound::relation;
  constexpr std::array<std::pair<const char*, relation>, 4> relations{
      {{"$gt", relation::gt}, {"$gte", relation::gte}, {"$lt", relation::lt}, {"$lte", relation::lte}}};
  std::vector<total_bound> result;
  from.for_each_member([&](const std::string& total, const json::value& value, const std::string& path) {
    const fields bounds{from.in(), value, path};
    for (const auto& [name, is] : relations)
      if (bounds.has(name)) {
        total_bound bound{total, is, 0};
        bounds.read(name, bound.bound);
        result.push_back(std::move(bound));
      }
  });
  return result;
}

incident read_incident(const fields& from, const std::vector<population>& populations,
                       const std::vector<std::string>& names) {
  incident result;
  from.read("kind", result.kind);
  from.read("population", result.population);
  from.read("count", result.count);
  from.read("at", result.at);
  from.read("subtlety", result.subtlety);
  if (std::string rate; from.has("rate")) {
    from.read("rate", rate);
    auto an_hour = parse_rate_per_hour(rate);
    if (an_hour && *an_hour > 0 && *an_hour <= 3'600'000)
      result.rate_per_hour = *an_hour;
    else
      from.report("rate",
                  fmt::format("{} is not allowed; allowed: a rate above 0 and at most 1000/s, such as 3/s, 20/min, "
                              "5/h or 2/d",
                              from.shown("rate")));
  }
  const auto& kinds = incident_kinds();
  auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == result.kind; });
  if (kind != kinds.end()) {
    result.duration = kind->default_duration;
    check_target(from, result, *kind, populations, names);
  }
  from.read("for", result.duration);
  result.when = read_when(from.inner("when"));
  return result;
}

trouble read_trouble(const fields& from) {
  trouble result;
  from.read("late", result.late);
  from.read("duplicate", result.duplicate);
  from.read("out_of_order", result.out_of_order);
  from.read("malformed", result.malformed);
  from.read("missing_field", result.missing_field);
  return result;
}

void read_pace(const fields& from, timestamp now, scenario& into) {
  std::string start;
  from.read("start", start);
  if (!start.empty()) {
    if (auto time = parse_time(start, now))
      into.start = *time;
    else
      from.report("start", fmt::format("{} is not allowed; allowed: a time within the years 1970 to 9999 such as "
                                       "2026-01-05T06:00:00Z, now, or a distance from now such as -24h",
                                       from.shown("start")));
  }
  from.read("duration", into.duration);
  if (into.start + into.duration > greatest_timestamp)
    from.report("duration", fmt::format("{} leads beyond the year 9999", from.shown("duration")));
  from.read("speed", into.speed);
  std::string then;
  from.read("then", then);
  into.then_live = then == "live";
  if (into.then_live && into.speed > 0 && into.speed <= 1)
    from.report("then",
                fmt::format("\"live\" needs a speed above 1 or \"max\"; at {} the world never comes to wall-clock "
                            "time",
                            into.speed));
  from.read("message_delay", into.message_delay, 1ms, 1h);
  from.read("lookahead", into.lookahead, 1ms, 1h);
  into.step = into.message_delay;
  from.read("step", into.step);
  if (into.step.count() > 0 && into.message_delay.count() % into.step.count() != 0)
    from.report("step",
                fmt::format("{} is no whole fraction of the tick; message_delay is {}, and a step is as long, or "
                            "a half, a third, … of it",
                            from.shown("step"), format_duration(into.message_delay)));
}

} // namespace

std::string_view kind_name(const population& of) {
  struct names {
    std::string_view operator()(const sensor_population&) const {
      return "sensor";
    }
    std::string_view operator()(const web_client_population&) const {
      return "web_client";
    }
    std::string_view operator()(const account_population&) const {
      return "account";
    }
    std::string_view operator()(const support_client_population&) const {
      return "support_client";
    }
  };
  return std::visit(names{}, of.behaviour);
}

scenario read_scenario(document& in, timestamp now) {
  fields from{in, in.root, {}};
  scenario result;
  from.read("name", result.name);
  from.read("seed", result.seed);
  from.read("latitude", result.latitude);
  read_pace(from, now, result);
  std::vector<std::string> names;
  result.populations = read_populations(from.inner("populations"), names);
  from.for_each_element("incidents", [&](const fields& one, std::size_t) {
    result.incidents.push_back(read_incident(one, result.populations, names));
  });
  result.trouble = read_trouble(from.inner("trouble"));
  from.read("pipelines", result.pipelines);
  if (const auto react = from.inner("react"); react.has("analytics.alerts")) {
    const auto alerts = react.inner("analytics.alerts");
    auto& into = result.react_to_alerts.emplace();
    alerts.read("delay", into.delay);
    alerts.read("share", into.share);
    alerts.read("for", into.duration);
    if (into.delay < result.message_delay)
      alerts.report("delay",
                    fmt::format("{} is less than a tick; message_delay is {}, and nothing that was released in a "
                                "tick can change the next but one before",
                                alerts.shown("delay"), format_duration(result.message_delay)));
  }
  auto record = from.inner("record");
  record.read("topics", result.record.topics);
  record.read("keep", result.record.keep);
  result.settings = read_settings(in);
  return result;
}

settings read_settings(document& in) {
  fields from{in, in.root, {}};
  settings result;
  from.read("store", result.store);
  auto notify = from.inner("notify");
  notify.read("log", result.notify.log);
  notify.for_each_element("webhooks", [&](const fields& each, std::size_t) {
    auto& made = result.notify.webhooks.emplace_back();
    each.read("url", made.url);
    each.read("secret", made.secret);
    each.read("severity", made.severity);
  });
  auto topics = from.inner("topics");
  topics.read("prefix", result.topics.prefix);
  topics.read("partitions", result.topics.partitions);
  topics.read("replication", result.topics.replication);
  topics.read("retention_bytes", result.topics.retention_bytes);
  from.inner("kafka").for_each_member([&](const std::string& key, const json::value& value, const std::string& path) {
    // librdkafka takes texts.
    std::string text;
    if (value.is_string())
      text = std::string{value.get_string()};
    else if (value.is_bool())
      text = value.get_bool() ? "true" : "false";
    else if (value.is_int64())
      text = fmt::format("{}", value.get_int64());
    else if (value.is_number())
      text = fmt::format("{}", value.to_number<double>());
    if (key == "brokers")
      result.kafka.brokers = text;
    else if (key == "bootstrap.servers" || key == "metadata.broker.list")
      in.report_key(path, fmt::format("`{}` stands under the name brokers here; write kafka.brokers", key));
    else
      result.kafka.properties[key] = text;
  });
  return result;
}

} // namespace throng::config
