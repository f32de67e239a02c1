#include "query/score.hpp"

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
  std::string grace = "10m";
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
  fmt::print("\n{:<28} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>9} {:>10}\n", heading, "labels", "found", "alerts",
             "right", "false", "recall", "precision", "seconds");
  for (const auto& row : rows)
    fmt::print("{:<28} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>9} {:>10}\n", row.name, row.labels, row.found, row.alerts,
               row.right, row.false_alarms, as_text(row.recall), as_text(row.precision),
               row.median_seconds_to_detect ? fmt::format("{:.0f}", *row.median_seconds_to_detect) : "-");
}

int run(const score_options& options) {
  auto grace = parse_duration(options.grace);
  if (!grace)
    return say_failure(
        {error_kind::invalid, fmt::format("--grace {}: {}", options.grace, grace.error().message), false});
  auto store = open_chosen_store(options.store);
  if (!store)
    return say_failure(store.error());
  auto result = query::score(**store, *grace, options.top);
  if (!result)
    return say_failure(result.error());
  if (options.report != "-") {
    print_rows("cause", result->by_cause);
    print_rows("detector or rule", result->by_detector);
    print_rows("subtlety", result->by_subtlety);
    print_rows("all", {result->all});
    fmt::print("\nfalse alarms a day: {:.2f}\n", result->false_alarms_a_day);
    fmt::print("95 %: recall {}, precision {}\n", as_text(result->all.recall_interval),
               as_text(result->all.precision_interval));
    fmt::print("average precision: {}\n", as_text(result->all.average_precision));
    fmt::print("precision of the {} most suspicious entities a day: {} ({} of {})\n", result->top.a_day,
               as_text(result->top.precision), result->top.right, result->top.looked_at);
  }
  if (!options.report.empty()) {
    auto report = to_json(*result);
    report["command"] = "score";
    if (auto written = write_report(report, options.report); !written)
      return say_failure(written.error());
  }
  auto below = [](std::optional<double> least, std::optional<double> is) { return least && is.value_or(0) < *least; };
  return below(options.min_recall, result->all.recall) || below(options.min_precision, result->all.precision)
             ? exit_does_not_hold
             : exit_done;
}

} // namespace

void add_score_command(program& to) {
  auto& command = add_command(to.app, "score", "Hold alerts against the truth: precision, recall, time to detect",
                              "  throng score\n  throng score --grace 5m --min-recall 0.5 --report score.json");
  auto options = std::make_shared<score_options>();
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  command.add_option("--grace", options->grace, "An alert this long after a label's end still matches it")
      ->capture_default_str();
  command.add_option("--top", options->top, "How many entities a day somebody could look at")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--min-recall", options->min_recall, "Exit with 3 below this");
  command.add_option("--min-precision", options->min_precision, "Exit with 3 below this");
  command.add_option("--report", options->report, "One JSON object, to a file or - for standard output");
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
