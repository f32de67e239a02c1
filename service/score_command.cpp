#include "query/score.hpp"
#include "query/verdict_score.hpp"

#include <memory>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/report.hpp"
#include "service/score_json.hpp"

namespace throng::service {

namespace {

struct score_options {
  std::string store;
  std::string against = "labels";
  std::string grace = "10m";
  std::string block_for = "1d";
  std::size_t top = 10;
  std::string report;
  std::optional<double> min_recall;
  std::optional<double> min_precision;
};

std::string as_text(std::optional<double> x) {
  return x ? fmt::format("{:.3f}", *x) : "-";
}

std::string as_text(const std::optional<query::interval>& x) {
  return x ? fmt::format("{:.3f} to {:.3f}", x->low, x->high) : "-";
}

void print_rows(const char* heading, const std::vector<query::score_row>& rows) {
  fmt::print("\n{:<28} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>9} {:>6} {:>10}\n", heading, "labels", "found", "alerts",
             "right", "false", "recall", "precision", "f1", "seconds");
  for (const auto& row : rows)
    fmt::print("{:<28} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>9} {:>6} {:>10}\n", row.name, row.labels, row.found,
               row.alerts, row.right, row.false_alarms, as_text(row.recall), as_text(row.precision), as_text(row.f1),
               row.median_seconds_to_detect ? fmt::format("{:.0f}", *row.median_seconds_to_detect) : "-");
}

void print_rows(const char* heading, const std::vector<query::verdict_row>& rows) {
  fmt::print("\n{:<28} {:>7} {:>7} {:>7} {:>7} {:>9}  {}\n", heading, "alerts", "judged", "right", "wrong", "precision",
             "95 %");
  for (const auto& row : rows)
    fmt::print("{:<28} {:>7} {:>7} {:>7} {:>7} {:>9}  {}\n", row.name, row.alerts, row.right + row.wrong, row.right,
               row.wrong, as_text(row.precision), as_text(row.precision_interval));
}

/// Of an amount in hundredths.
std::string as_money(std::int64_t hundredths) {
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

void print_money(const query::score_report& of) {
  if (!of.money)
    return;
  fmt::print("\n{:<28} {:>16} {:>16} {:>16}\n",
             of.money->currency.empty() ? "money" : fmt::format("money, {}", of.money->currency), "saved", "lost",
             "stopped wrongly");
  const auto line = [](const std::string& name, const query::score_row& row) {
    fmt::print("{:<28} {:>16} {:>16} {:>16}\n", name, as_money(row.money->saved), as_money(row.money->lost),
               as_money(row.money->stopped_wrongly));
  };
  for (const auto* rows : {&of.by_cause, &of.by_detector, &of.by_subtlety})
    for (const auto& row : *rows)
      if (row.money)
        line(row.name, row);
  line("all together", of.all);
  fmt::print("as if each alert had stopped what its entity pays in the {} after it; {} payments{}\n",
             format_duration(of.money->block_for), of.money->payments,
             of.money->unknown == 0
                 ? ""
                 : fmt::format(", and {} labelled events whose amount is not known", of.money->unknown));
}

expected<void> report(boost::json::object figures, const score_options& options) {
  if (options.report.empty())
    return {};
  figures["command"] = "score";
  return write_report(figures, options.report);
}

int run_by_verdicts(storage::result_store& store, const score_options& options) {
  auto result = query::score_by_verdicts(store);
  if (!result)
    return say_failure(result.error());
  if (options.report != "-") {
    print_rows("detector or rule", result->by_detector);
    print_rows("all", {result->all});
  }
  if (auto written = report(to_json(*result), options); !written)
    return say_failure(written.error());
  return options.min_precision && result->all.precision.value_or(0) < *options.min_precision ? exit_does_not_hold
                                                                                             : exit_done;
}

int run(const score_options& options) {
  auto grace = parse_duration(options.grace);
  if (!grace)
    return say_failure(
        {error_kind::invalid, fmt::format("--grace {}: {}", options.grace, grace.error().message), false});
  auto block_for = parse_duration(options.block_for);
  if (!block_for)
    return say_failure(
        {error_kind::invalid, fmt::format("--block-for {}: {}", options.block_for, block_for.error().message), false});
  auto store = open_chosen_store(options.store);
  if (!store)
    return say_failure(store.error());
  if (options.against == "verdicts")
    return run_by_verdicts(**store, options);
  auto result = query::score(**store, *grace, options.top, {}, *block_for);
  if (!result)
    return say_failure(result.error());
  if (options.report != "-") {
    print_rows("cause", result->by_cause);
    print_rows("detector or rule", result->by_detector);
    print_rows("subtlety", result->by_subtlety);
    print_rows("all", {result->all});
    fmt::print("\nfalse alarms a day: {:.2f}\n", result->false_alarms_a_day);
    fmt::print("95 %: recall {}, precision {}, f1 {}\n", as_text(result->all.recall_interval),
               as_text(result->all.precision_interval), as_text(result->all.f1_interval));
    fmt::print("average precision: {}\n", as_text(result->all.average_precision));
    fmt::print("precision of the {} most suspicious entities a day: {} ({} of {})\n", result->top.a_day,
               as_text(result->top.precision), result->top.right, result->top.looked_at);
    print_money(*result);
  }
  if (auto written = report(to_json(*result), options); !written)
    return say_failure(written.error());
  auto below = [](std::optional<double> least, std::optional<double> is) { return least && is.value_or(0) < *least; };
  return below(options.min_recall, result->all.recall) || below(options.min_precision, result->all.precision)
             ? exit_does_not_hold
             : exit_done;
}

} // namespace

void add_score_command(program& to) {
  auto& command = add_command(
      to.app, "score", "Hold alerts against the truth: precision, recall, F1, time to detect, money saved and lost",
      "  throng score\n  throng score --grace 5m --min-recall 0.5 --report score.json\n"
      "  throng score --against verdicts --min-precision 0.8");
  auto options = std::make_shared<score_options>();
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  auto* against = command.add_option("--against", options->against,
                                     "What is known: labels of a simulated world, or people's verdicts");
  against->check(CLI::IsMember({"labels", "verdicts"}))->capture_default_str();
  auto* grace =
      command.add_option("--grace", options->grace, "An alert this long after a label's end still matches it")
          ->capture_default_str();
  auto* top = command.add_option("--top", options->top, "How many entities a day somebody could look at")
                  ->check(CLI::Range(1, 1'000'000))
                  ->capture_default_str();
  auto* block_for =
      command.add_option("--block-for", options->block_for, "Money: how long an alert would stop what its entity pays")
          ->capture_default_str();
  auto* recall = command.add_option("--min-recall", options->min_recall, "Exit with 3 below this");
  command.add_option("--min-precision", options->min_precision, "Exit with 3 below this");
  command.add_option("--report", options->report, "One JSON object, to a file or - for standard output");
  command.callback([&to, options, of_labels = std::vector<CLI::Option*>{grace, top, block_for, recall}] {
    to.chosen = [options, of_labels] {
      for (const auto* each : of_labels)
        if (options->against == "verdicts" && each->count() > 0)
          return say_failure({error_kind::invalid,
                              fmt::format("{} belongs to labels: verdicts say nothing of when an incident was, nor of "
                                          "those that nobody rang for",
                                          each->get_name()),
                              false});
      return run(*options);
    };
  });
}

} // namespace throng::service
