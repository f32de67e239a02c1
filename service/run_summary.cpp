#include "service/run_summary.hpp"

#include <cstdlib>

#include <fmt/core.h>

namespace throng::service {

namespace {

std::uint64_t whole(const boost::json::object& report, std::string_view name) {
  return report.at(name).to_number<std::uint64_t>();
}

std::string in_units(const boost::json::value& cents) {
  const auto amount = cents.to_number<std::int64_t>();
  return fmt::format("{}{}.{:02}", amount < 0 ? "-" : "", std::abs(amount) / 100, std::abs(amount) % 100);
}

std::string duration_text(double seconds) {
  auto minutes = static_cast<std::int64_t>(seconds / 60);
  return minutes >= 1 ? fmt::format("{} h {:02} min", minutes / 60, minutes % 60) : fmt::format("{:.0f} s", seconds);
}

void print_score(const query::score_report& score) {
  for (const auto& row : score.by_detector)
    fmt::print("    {:<20}{:>8}   {} of them right\n", row.name, row.alerts, row.right);
  fmt::print("  incidents found   {:>12}   of {} labelled\n", score.all.found, score.all.labels);
  for (const auto& row : score.by_cause)
    fmt::print("    {:<26}{:>2} of {}\n", row.name, row.found, row.labels);
}

} // namespace

void print_summary(const boost::json::object& report, const query::audit_report& audit,
                   const std::optional<query::score_report>& score) {
  fmt::print("\n{}: {} of virtual time in {:.1f} s\n\n", report.at("scenario").as_string().c_str(),
             duration_text(report.at("virtual_seconds").to_number<double>()),
             report.at("wall_seconds").to_number<double>());
  fmt::print("  actors            {:>12}\n", whole(report, "actors"));
  fmt::print("  events            {:>12}   {:.0f} a second\n", whole(report, "events"),
             report.at("events_per_second").to_number<double>());
  for (const auto& [topic, count] : report.at("events_by_topic").as_object())
    fmt::print("    {:<20}{:>8}\n", std::string_view{topic}, count.to_number<std::uint64_t>());
  fmt::print("  windows stored    {:>12}\n", whole(report, "windows"));
  fmt::print("  late              {:>12}\n", whole(report, "late"));
  fmt::print("  dead letters      {:>12}   malformed on purpose: {}\n", whole(report, "dead_letters"), audit.malformed);
  fmt::print("  alerts            {:>12}\n", whole(report, "alerts"));
  if (score)
    print_score(*score);
  fmt::print("  restarts          {:>12}\n", whole(report, "restarts"));
  if (const auto* money = report.if_contains("money"); money != nullptr)
    fmt::print("  money accounted   {:>15}   of {} that accounts opened with\n", in_units(money->at("accounted_cents")),
               in_units(money->at("opening_cents")));
  fmt::print("  lost: {}   (audit: {} messages of {} keys, {})\n", audit.lost, audit.messages, audit.keys,
             audit.holds() ? "each taken in once"
                           : fmt::format("{} findings: see throng audit", audit.findings.size()));
}

} // namespace throng::service
