#include "service/scenario_explain.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "simulation/forecast.hpp"

namespace throng::service {

namespace {

using namespace std::chrono_literals;

std::string behaviour(const config::sensor_population& of) {
  return fmt::format("a reading every {}, in {} districts", format_duration(of.interval), of.districts);
}
std::string behaviour(const config::web_client_population& of) {
  return fmt::format("{:g} visits a day, {} between two requests, {} items", of.sessions_per_day,
                     format_duration(of.think_time), of.items);
}
std::string behaviour(const config::account_population& of) {
  return fmt::format("{:g} payments a day, a salary of {:.2f}, {} merchants", of.payments_per_day,
                     static_cast<double>(of.salary) / 100, of.merchants);
}
std::string behaviour(const config::support_client_population& of) {
  return fmt::format(
      "{:g} tickets a day, answered after {}; writes after {:g} % of errors, {:g} % of declined payments, "
      "{:g} % of frauds, {:g} % of outages",
      of.tickets_per_day, format_duration(of.answer_time), 100 * of.after_error, 100 * of.after_decline,
      100 * of.after_fraud, 100 * of.after_outage);
}

void say_populations(std::string& out, const config::scenario& of) {
  out += "\npopulations\n";
  for (const auto& each : of.populations)
    fmt::format_to(std::back_inserter(out), "  {:<12} {:>9} {:<15} {}\n", each.name, each.count,
                   config::kind_name(each),
                   std::visit([](const auto& kind) { return behaviour(kind); }, each.behaviour));
}

/// The topics of the world's populations but truth.labels, which nobody's curves foretell.
std::vector<simulation::topic> told_topics(const simulation::world& in) {
  auto topics = in.topics();
  std::erase(topics, simulation::topic::truth_labels);
  return topics;
}

void say_events(std::string& out, const simulation::world& in) {
  const auto topics = told_topics(in);
  const auto whole = in.scenario().duration.count() > 0 ? in.scenario().duration : milliseconds{24h};
  const auto shown = static_cast<std::size_t>((std::min<milliseconds>(whole, 24h) + 1h - 1ms) / 1h);
  const auto hours = simulation::forecast(in, in.start(), shown);
  out += "\nexpected events a second, without what incidents add or take away\n  hour (UTC)";
  for (auto each : topics)
    fmt::format_to(std::back_inserter(out), " {:>17}", simulation::name(each));
  out += "               all\n";
  std::vector<double> sums(topics.size() + 1);
  for (std::size_t hour = 0; hour < hours.size(); ++hour) {
    const auto from = in.start() + 1h * static_cast<std::int64_t>(hour);
    const auto seconds = static_cast<double>(std::min<milliseconds>(1h, in.end() - from).count()) / 1'000;
    fmt::format_to(std::back_inserter(out), "  {:<10}", to_iso8601(from).substr(11, 5));
    double all = 0;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      const auto events = hours[hour][static_cast<std::size_t>(topics[i])];
      sums[i] += events;
      all += events;
      fmt::format_to(std::back_inserter(out), " {:>17.3f}", events / seconds);
    }
    sums.back() += all;
    fmt::format_to(std::back_inserter(out), " {:>17.3f}\n", all / seconds);
  }
  fmt::format_to(std::back_inserter(out), "  {:<10}", "events");
  for (auto sum : sums)
    fmt::format_to(std::back_inserter(out), " {:>17.0f}", sum);
  out += '\n';
  if (whole > 24h)
    fmt::format_to(std::back_inserter(out), "  the first day of {}\n", format_duration(whole));
}

const config::incident_kind& kind_named(std::string_view name) {
  const auto& kinds = config::incident_kinds();
  return *std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.name == name; });
}

std::string whom(const config::incident& of, const config::incident_kind& kind) {
  if (kind.name == "sensor.district_outage")
    return fmt::format("{} district{} of {}", of.count, of.count == 1 ? "" : "s", of.population);
  return fmt::format("{}{} of {}", of.count,
                     kind.group == 0 ? ""
                     : of.count == 1 ? " group"
                                     : " groups",
                     of.population);
}

std::string when(const config::incident& of, const config::scenario& in) {
  if (of.at)
    return in.duration.count() > 0 && *of.at >= in.duration
               ? fmt::format("never: {} is after the end", format_duration(*of.at))
               : fmt::format("once, at {}", to_iso8601(in.start + *of.at));
  if (of.rate_per_hour) {
    const auto hours = static_cast<double>(in.duration.count()) / 3'600'000;
    return hours > 0 ? fmt::format("at random, {:g} an hour: about {:.1f} times", *of.rate_per_hour,
                                   *of.rate_per_hour * hours)
                     : fmt::format("at random, {:g} an hour", *of.rate_per_hour);
  }
  constexpr std::array<std::string_view, 4> relations{">", ">=", "<", "<="};
  std::string bounds;
  for (const auto& bound : of.when)
    bounds += fmt::format("{}{} {} {:g} a second", bounds.empty() ? "" : " and ", bound.total,
                          relations.at(static_cast<std::size_t>(bound.is)), bound.bound);
  return "whenever " + bounds;
}

void say_incidents(std::string& out, const config::scenario& of) {
  if (of.incidents.empty())
    return;
  out += "\nincidents\n";
  std::set<std::string_view> said; // of a kind that comes twice, once is enough
  for (const auto& each : of.incidents) {
    const auto& kind = kind_named(each.kind);
    const auto lasts = each.duration.count() > 0 ? each.duration : kind.default_duration;
    fmt::format_to(std::back_inserter(out), "  {:<26} {}; hits {} for {}, subtlety {:g}{}\n", each.kind, when(each, of),
                   whom(each, kind), format_duration(lasts), each.subtlety, kind.malicious ? "" : ", innocent");
    if (said.insert(kind.name).second)
      fmt::format_to(std::back_inserter(out), "    {}\n", kind.sentence);
  }
}

void say_trouble(std::string& out, const config::trouble& of) {
  const std::array<std::pair<std::string_view, double>, 5> kinds{{{"late", of.late},
                                                                  {"duplicate", of.duplicate},
                                                                  {"out of order", of.out_of_order},
                                                                  {"malformed", of.malformed},
                                                                  {"with a field missing", of.missing_field}}};
  std::string shares;
  for (const auto& [name, share] : kinds)
    if (share > 0)
      shares += fmt::format("{}{:g} % {}", shares.empty() ? "" : ", ", 100 * share, name);
  if (!shares.empty())
    out += "\ntrouble: of all messages " + shares + '\n';
}

} // namespace

std::string explain(const simulation::world& in) {
  const auto& of = in.scenario();
  std::string out;
  fmt::format_to(std::back_inserter(out), "{}: {} entities from {}, {}, {}, seed {}\n", of.name, in.entity_count(),
                 to_iso8601(of.start), of.duration.count() > 0 ? "for " + format_duration(of.duration) : "without end",
                 of.speed > 0 ? fmt::format("{:g} virtual seconds a second", of.speed) : "as fast as it goes", of.seed);
  say_populations(out, of);
  say_events(out, in);
  say_incidents(out, of);
  say_trouble(out, of.trouble);
  return out;
}

} // namespace throng::service
