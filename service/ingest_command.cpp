#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "actors/ingestion.hpp"
#include "actors/system_config.hpp"
#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/ingest_position.hpp"
#include "service/ingest_sink.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/progress.hpp"
#include "service/report.hpp"
#include "sources/http_fetcher.hpp"
#include "sources/pace.hpp"
#include "sources/source_run.hpp"

namespace throng::service {

namespace {

struct ingest_options {
  connection_options connection;
  std::string config;
  std::vector<std::string> sets;
  std::string to = "kafka";
  bool force = false;
  bool reset = false;
  std::string report;
};

/// What all sources of a run share.
struct shared_hands {
  std::mutex mutex;
  sources::pace places;
  ingest_sink* sink = nullptr;
  storage::result_store* store = nullptr;
  actors::stop_signal signal; ///< beside the actors' own: it ends fetches and waits within a round
};

/// One source, with what is counted of it over all its lives.
struct watched_source {
  sources::source of;
  bool anew = false;
  sources::source_counts counts;
};

class page_work final : public actors::source_work {
public:
  page_work(watched_source& of, shared_hands& with)
      : of_(of)
      , with_(with)
      , rows_(std::move(*sources::row_mapper::make(of.of.how))) // checked before anything was started
      , book_(open_position(with.store, of.of, std::exchange(of.anew, false)))
      , fetcher_(sources::http_fetcher::make(of.of.how.limits, of.of.how.ca_file,
                                             [&with] { return with.signal.stopping(); }))
      , run_(of.of, *rows_, *book_, *with.sink, of.counts,
             {[this](const sources::http_request& what) { return fetch(what); },
              [&with](milliseconds wait) { return with.signal.pause(wait); },
              [&with] { return with.signal.stopping(); },
              [id = of.of.id](const std::string& what) { spdlog::warn("{}: {}", id, what); }},
             std::hash<std::string>{}(of.of.id)) {}

  expected<sources::walk_end> round() override {
    if (!fetcher_)
      return tl::unexpected{fetcher_.error()};
    return run_.round();
  }

private:
  sources::http_answer fetch(const sources::http_request& what) {
    std::unique_lock lock{with_.mutex};
    const auto now = std::chrono::steady_clock::now();
    const auto at = with_.places.take(now);
    lock.unlock();
    if (at > now && !with_.signal.pause(at - now))
      return sources::http_failure{"stopped", true};
    return (*fetcher_)->get(what);
  }

  watched_source& of_;
  shared_hands& with_;
  std::unique_ptr<sources::row_mapper> rows_;
  std::unique_ptr<sources::position_book> book_;
  expected<std::unique_ptr<sources::http_fetcher>> fetcher_;
  sources::source_run run_;
};

using watched_sources = std::vector<std::unique_ptr<watched_source>>;

struct totals {
  std::uint64_t pages = 0;
  std::uint64_t rows = 0;
  std::uint64_t known = 0;
  std::uint64_t dropped = 0;
  std::uint64_t refused = 0;
  std::uint64_t retries = 0;
};

totals sum(const watched_sources& of) {
  totals made;
  for (const auto& each : of) {
    made.pages += each->counts.pages;
    made.rows += each->counts.rows;
    made.known += each->counts.known;
    made.dropped += each->counts.dropped;
    made.refused += each->counts.refused;
    made.retries += each->counts.retries;
  }
  return made;
}

std::string to_line(const totals& of) {
  return fmt::format("{} rows of {} pages, {} known already, {} dropped by where, {} refused, {} retries", of.rows,
                     of.pages, of.known, of.dropped, of.refused, of.retries);
}

config::checked<config::loaded<config::ingest>> load(const ingest_options& options) {
  overlay_options overlay;
  overlay.sets = options.sets;
  auto loading = overlay.resolve();
  if (!loading)
    return tl::unexpected{config::problems{{"--set", 0, 0, {}, loading.error().message}}};
  auto loaded = config::load_ingest(options.config, *loading);
  if (!loaded)
    return loaded;
  if (auto mapper = sources::row_mapper::make(loaded->value); !mapper) {
    config::problems found;
    for (const auto& each : mapper.error())
      found.push_back(loaded->source.at(each.path, each.sentence));
    return tl::unexpected{std::move(found)};
  }
  return loaded;
}

void watch(actors::ingestion& running, const watched_sources& sources, shared_hands& hands, bool quiet) {
  progress line{quiet};
  while (!running.wait(std::chrono::milliseconds{50})) {
    line.show(fmt::format("{:.1f} s  {}", static_cast<double>(line.elapsed().count()) / 1000, to_line(sum(sources))));
    if (interrupted() && !hands.signal.stopping()) {
      hands.signal.stop();
      running.stop();
    }
  }
}

/// How each ended, and the first failure.
std::optional<error> say_ends(const watched_sources& sources, const std::vector<actors::source_result>& results) {
  std::optional<error> failure;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto& counts = sources[i]->counts;
    const auto& result = results[i];
    say(fmt::format("{}: {} rows of {} pages, ended by {}", sources[i]->of.id, counts.rows, counts.pages,
                    result.failure ? "an error: " + result.failure->message : sources::to_string(result.end)),
        result.failure ? "error" : "info");
    if (result.failure && !failure)
      failure = result.failure;
  }
  return failure;
}

expected<void> write_ingest_report(const ingest_options& options, const watched_sources& sources,
                                   const std::vector<actors::source_result>& results, std::uint64_t restarts) {
  const auto all = sum(sources);
  boost::json::object report{{"command", "ingest"},    {"events", all.rows},     {"pages", all.pages},
                             {"known", all.known},     {"dropped", all.dropped}, {"refused", all.refused},
                             {"retries", all.retries}, {"restarts", restarts}};
  boost::json::array each;
  for (std::size_t i = 0; i < sources.size(); ++i)
    each.push_back({{"source", sources[i]->of.id},
                    {"rows", sources[i]->counts.rows.load()},
                    {"pages", sources[i]->counts.pages.load()},
                    {"end", results[i].failure ? results[i].failure->message : sources::to_string(results[i].end)},
                    {"failed", results[i].failure.has_value()}});
  report["sources"] = std::move(each);
  add_process_figures(report);
  return write_report(report, options.report);
}

int run(const ingest_options& options, bool quiet) {
  auto loaded = load(options);
  if (!loaded)
    return say_problems(loaded.error());
  auto settings = options.connection.resolve();
  if (!settings)
    return say_problems(settings.error());
  const auto& how = loaded->value;
  auto sink = make_ingest_sink(options.to, how.topic, *settings, options.force);
  if (!sink)
    return say_failure(sink.error());
  std::unique_ptr<storage::result_store> store;
  if (options.to == "kafka") {
    auto opened = open_writable_store(settings->store);
    if (!opened)
      return say_failure(opened.error());
    store = std::move(*opened);
  }

  shared_hands hands{{}, sources::pace{how.an_hour}, sink->get(), store.get(), {}};
  watched_sources watched;
  actors::ingestion_options running;
  running.every = how.every;
  running.lasting = [](const std::string& source, const error& why) {
    spdlog::error("{}: {}; the next round tries again", source, why.message);
  };
  for (auto& each : sources::sources_of(how)) {
    auto& one = *watched.emplace_back(std::make_unique<watched_source>());
    one.of = std::move(each);
    one.anew = options.reset;
    running.sources.push_back({one.of.id, [&one, &hands] { return std::make_unique<page_work>(one, hands); }});
  }
  actors::system_config config{1};
  caf::actor_system system{config};
  std::vector<actors::source_result> results;
  std::uint64_t restarts = 0;
  {
    auto ingestion = actors::ingestion::start(system, std::move(running));
    watch(*ingestion, watched, hands, quiet);
    results = ingestion->results();
    restarts = ingestion->restarts();
  }
  auto failure = say_ends(watched, results);
  if (auto finished = (*sink)->finish(); !finished)
    return say_failure(finished.error());
  say(fmt::format("{}{}", to_line(sum(watched)), interrupted() ? ", stopped" : ""));
  if (!options.report.empty())
    if (auto written = write_ingest_report(options, watched, results, restarts); !written)
      return say_failure(written.error());
  if (!failure)
    return exit_done;
  return failure->kind == error_kind::conflict ? exit_wrong_input : exit_failed;
}

int check(const ingest_options& options) {
  auto loaded = load(options);
  if (!loaded)
    return say_problems(loaded.error());
  for (const auto& each : sources::sources_of(loaded->value))
    fmt::print("{}: right\n", each.id);
  return exit_done;
}

} // namespace

void add_ingest_command(program& to) {
  auto& command =
      add_command(to.app, "ingest", "Pages of a REST API into a topic, remembered where it was",
                  "  throng ingest weather --to stdout\n"
                  "  throng ingest energy-certificates --set params.department=38 --brokers localhost:9092\n"
                  "  throng ingest energy-certificates --set 'for_each={\"department\": [\"69\", \"01\", \"38\"]}' "
                  "--brokers localhost:9092\n"
                  "  throng ingest my-api.json --set pages=3 --to file:look");
  auto options = std::make_shared<ingest_options>();
  command.add_option("config", options->config, "A file or preset (throng source list)")
      ->required()
      ->check(can_be(names_of(config::ingest_presets())));
  options->connection.add_to(command);
  command
      .add_option("--set", options->sets,
                  "PATH=VALUE, over what the file says; VALUE is JSON or else text (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--to", options->to, "kafka; or stdout, file:DIR or null for a look, from the first page")
      ->capture_default_str();
  command.add_flag("--reset", options->reset, "Begin at the first page, whatever was read before");
  command.add_flag("--force", options->force, "Replace a file that is there");
  command.add_option("--report", options->report, "One JSON object, to a file or - for standard output");
  command.callback([&to, options] { to.chosen = [options, &to] { return run(*options, to.global.quiet); }; });
}

void add_source_command(program& to) {
  auto& command = add_command(to.app, "source", "Sources for ingest: presets, validation, JSON Schema",
                              "  throng source list\n  throng source show weather > my-weather.json\n"
                              "  throng source check my-weather.json");
  command.require_subcommand(1);
  auto options = std::make_shared<ingest_options>();
  add_command(command, "list", "Names of the presets", "  throng source list").callback([&to] {
    to.chosen = [] {
      for (const auto& name : names_of(config::ingest_presets()))
        fmt::print("{}\n", name);
      return exit_done;
    };
  });
  auto named = [options](CLI::App& under, const char* what) {
    under.add_option("config", options->config, what)->required()->check(can_be(names_of(config::ingest_presets())));
  };
  auto& show = add_command(command, "show", "A preset's file, with its comments", "  throng source show weather");
  named(show, "A preset");
  show.callback([&to, options] {
    to.chosen = [options] {
      for (const auto& preset : config::ingest_presets())
        if (preset.name == options->config) {
          fmt::print("{}", preset.text);
          return static_cast<int>(exit_done);
        }
      return say_failure(
          {error_kind::invalid, fmt::format("there is no source preset \"{}\"", options->config), false});
    };
  });
  auto& checking = add_command(command, "check", "Say everything that is wrong with a source",
                               "  throng source check my-weather.json --set every=1m");
  named(checking, "A file or preset");
  checking.add_option("--set", options->sets, "PATH=VALUE, over what the file says (repeatable)")
      ->allow_extra_args(false);
  checking.callback([&to, options] { to.chosen = [options] { return check(*options); }; });
  add_command(command, "schema", "The JSON Schema, for editors", "  throng source schema > ingest.schema.json")
      .callback([&to] {
        to.chosen = [] {
          fmt::print("{}", config::ingest_schema());
          return exit_done;
        };
      });
}

} // namespace throng::service
