// `throng tune`: which values of a pipeline's parameters find most on one labelled stream, and what they are worth on another.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "query/score.hpp"
#include "service/command_line.hpp"
#include "service/file_analysis.hpp"
#include "service/input_options.hpp"
#include "service/logging.hpp"
#include "service/report.hpp"
#include "service/score_json.hpp"

namespace throng::service {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_trials = 1'000;

struct tune_options {
  std::string pipeline;
  std::string against;
  std::string confirm;
  std::vector<std::string> vary;
  std::optional<double> false_alarms;
  std::string grace = "10m";
  std::string report;
};

struct parameter {
  std::string path;
  std::vector<std::string> values;
};

struct trial {
  std::vector<std::pair<std::string, std::string>> sets; ///< empty: as the file has it
  query::score_report score;
};

/// A folder that is gone afterwards.
class temporary_store {
public:
  static expected<temporary_store> make() {
    std::error_code wrong;
    auto name = (fs::temp_directory_path(wrong) / "throng-tune-XXXXXX").string();
    if (wrong || ::mkdtemp(name.data()) == nullptr)
      return fail(error_kind::unavailable, fmt::format("no folder for results in passing can be made: {}", name));
    return temporary_store{name};
  }
  ~temporary_store() {
    std::error_code ignored;
    if (!folder_.empty())
      fs::remove_all(folder_, ignored);
  }
  temporary_store(temporary_store&& other) noexcept
      : folder_(std::exchange(other.folder_, {})) {}
  temporary_store& operator=(temporary_store&&) = delete;
  std::string uri() const {
    return "sqlite:" + (folder_ / "trial.db").string();
  }

private:
  explicit temporary_store(fs::path folder)
      : folder_(std::move(folder)) {}
  fs::path folder_;
};

/// `PATH=V1,V2`: values of JSON, or else texts.
expected<parameter> parameter_of(const std::string& given) {
  const auto equals = given.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == given.size())
    return fail(error_kind::invalid, fmt::format("--vary {}: is not PATH=VALUE,VALUE,…", given));
  parameter made{given.substr(0, equals), {}};
  const auto text = given.substr(equals + 1);
  boost::system::error_code no_json;
  const auto parsed = boost::json::parse("[" + text + "]", no_json);
  if (!no_json) {
    for (const auto& each : parsed.get_array())
      made.values.push_back(boost::json::serialize(each));
    return made;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    made.values.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return made;
}

/// All values of all parameters with each other; the last changes first.
std::vector<std::vector<std::pair<std::string, std::string>>> grid(const std::vector<parameter>& of) {
  std::vector<std::vector<std::pair<std::string, std::string>>> made{{}};
  for (const auto& each : of) {
    std::vector<std::vector<std::pair<std::string, std::string>>> more;
    for (const auto& before : made)
      for (const auto& value : each.values) {
        more.push_back(before);
        more.back().emplace_back(each.path, value);
      }
    made = std::move(more);
  }
  return made;
}

double f1(const query::score_row& of) {
  return of.f1.value_or(0); // none has rung
}

std::string shown(const trial& of) {
  std::string text;
  for (const auto& [path, value] : of.sets)
    text += fmt::format("{}{}={}", text.empty() ? "" : "  ", path, value);
  return text.empty() ? "as the file has it" : text;
}

void print(const trial& of) {
  const auto& all = of.score.all;
  fmt::print("{:>7} {:>7} {:>6} {:>9.3f} {:>9.3f} {:>7.3f} {:>9.2f}   {}\n", all.labels, all.found, all.false_alarms,
             all.recall.value_or(0), all.precision.value_or(0), f1(all), of.score.false_alarms_a_day, shown(of));
}

void print_heading(const std::string& of) {
  fmt::print("\n{}\n{:>7} {:>7} {:>6} {:>9} {:>9} {:>7} {:>9}\n", of, "labels", "found", "false", "recall", "precision",
             "f1", "false/day");
}

boost::json::object to_json(const trial& of) {
  boost::json::object sets;
  for (const auto& [path, value] : of.sets)
    sets[path] = value;
  auto made = service::to_json(of.score);
  made["set"] = std::move(sets);
  made["f1"] = f1(of.score.all);
  return made;
}

/// Whether a trial is better: by F1, or by recall below a number of false alarms.
bool better(const trial& a, const trial& b, std::optional<double> most_false) {
  if (!most_false)
    return f1(a.score.all) > f1(b.score.all);
  const auto fits = [&](const trial& x) { return x.score.false_alarms_a_day <= *most_false; };
  if (fits(a) != fits(b))
    return fits(a);
  if (!fits(a))
    return a.score.false_alarms_a_day < b.score.false_alarms_a_day;
  const auto recall = [](const trial& x) { return x.score.all.recall.value_or(0); };
  return recall(a) != recall(b) ? recall(a) > recall(b) : a.score.all.false_alarms < b.score.all.false_alarms;
}

/// @returns its exit status where it fails
tl::expected<trial, int> attempt(const tune_options& options, const std::string& from, milliseconds grace,
                                 std::vector<std::pair<std::string, std::string>> sets) {
  config::load_options load;
  load.environment = config::process_environment();
  load.now = wall_now();
  load.sets = sets;
  auto plans = compile_pipelines({options.pipeline}, load);
  if (!plans)
    return tl::unexpected{say_problems(plans.error())};
  auto folder = temporary_store::make();
  if (!folder)
    return tl::unexpected{say_failure(folder.error())};
  auto store = open_writable_store(folder->uri());
  if (!store)
    return tl::unexpected{say_failure(store.error())};
  if (auto done = analyse_files({*plans, from, {"truth.labels"}, true}, **store); !done)
    return tl::unexpected{say_failure(done.error())};
  auto score = query::score(**store, grace, 10, plans->front()->definition().source);
  if (!score)
    return tl::unexpected{say_failure(score.error())};
  return trial{std::move(sets), std::move(*score)};
}

int tune(const tune_options& options, bool quiet) {
  auto grace = parse_duration(options.grace);
  if (!grace)
    return say_failure(
        {error_kind::invalid, fmt::format("--grace {}: {}", options.grace, grace.error().message), false});
  std::vector<parameter> parameters;
  std::size_t count = 1;
  for (const auto& each : options.vary) {
    auto made = parameter_of(each);
    if (!made)
      return say_failure(made.error());
    count *= made->values.size();
    if (count > most_trials)
      return say_failure(
          {error_kind::invalid, fmt::format("more than {} trials: give fewer values", most_trials), false});
    parameters.push_back(std::move(*made));
  }
  auto base = attempt(options, options.against, *grace, {});
  if (!base)
    return base.error();
  std::vector<trial> trials;
  for (auto& sets : grid(parameters)) {
    auto made = attempt(options, options.against, *grace, std::move(sets));
    if (!made)
      return made.error();
    trials.push_back(std::move(*made));
    if (!quiet)
      say(fmt::format("{} of {}: {}", trials.size(), count, shown(trials.back())));
  }
  const auto* best = &trials.front();
  for (const auto& each : trials)
    if (better(each, *best, options.false_alarms))
      best = &each;
  boost::json::array tried;
  for (const auto& each : trials)
    tried.push_back(to_json(each));
  boost::json::object report{
      {"command", "tune"}, {"base", to_json(*base)}, {"tried", std::move(tried)}, {"best", to_json(*best)}};
  const auto print_all = options.report != "-";
  if (print_all) {
    print_heading(options.against);
    print(*base);
    for (const auto& each : trials)
      print(each);
    fmt::print("\nbest by {}: {}\n",
               options.false_alarms ? fmt::format("recall with at most {:g} false alarms a day", *options.false_alarms)
                                    : "f1",
               shown(*best));
  }
  if (!options.confirm.empty()) {
    auto before = attempt(options, options.confirm, *grace, {});
    if (!before)
      return before.error();
    auto after = attempt(options, options.confirm, *grace, best->sets);
    if (!after)
      return after.error();
    if (print_all) {
      print_heading(options.confirm + ", which it has not seen");
      print(*before);
      print(*after);
    }
    report["confirmed"] = {{"base", to_json(*before)}, {"best", to_json(*after)}};
  }
  if (!options.report.empty())
    if (auto written = write_report(report, options.report); !written)
      return say_failure(written.error());
  return exit_done;
}

} // namespace

void add_tune_command(program& to) {
  auto& command = add_command(
      to.app, "tune", "Which values of a pipeline's parameters find most, and what they are worth on another stream",
      "  throng simulate bank --to file:one\n"
      "  throng simulate bank --seed 12 --to file:other\n"
      "  throng tune bank-fraud --against file:one --confirm file:other --vary 'features[0].over=5m,10m,20m'");
  auto options = std::make_shared<tune_options>();
  command.add_option("pipeline", options->pipeline, "A file or preset: see throng pipeline list")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  command.add_option("--against", options->against, "file:DIR, with DIR/truth.labels.ndjson: what is searched on")
      ->required();
  command.add_option("--confirm", options->confirm, "file:DIR of another run: what the best is tried on");
  command
      .add_option("--vary", options->vary,
                  "PATH=VALUE,VALUE,…: a parameter's values to try; all with all others' (repeatable)")
      ->required()
      ->allow_extra_args(false);
  command.add_option("--false-alarms-a-day", options->false_alarms,
                     "The best is the greatest recall with at most so many; without it, the greatest F1");
  command.add_option("--grace", options->grace, "An alert this long after a label's end still matches it")
      ->capture_default_str();
  command.add_option("--report", options->report, "One JSON object, to a file or - for standard output");
  command.callback([&to, options] { to.chosen = [&to, options] { return tune(*options, to.global.quiet); }; });
}

} // namespace throng::service
