#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "query/query.hpp"
#include "query/time_zone.hpp"
#include "service/command_line.hpp"
#include "service/follower.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/number_checks.hpp"
#include "service/output.hpp"
#include "service/query_options.hpp"

namespace throng::service {

namespace {

/// Columns of the terminal; 0, no limit, where the output goes elsewhere.
std::size_t output_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    return 0;
  return size.ws_col;
}

/// At once: who follows waits for it, and a reader that is gone ends it.
expected<void> print_now(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return tl::unexpected{no_output(errno)};
  return {};
}

/// What a question says besides what is asked for.
struct presentation {
  query::subject subject = query::subject::windows;
  query::format format = query::format::table;
  std::optional<query::time_zone> zone; ///< none: UTC

  std::string text(query::answer& of) const {
    if (zone)
      for (auto& each : of.items)
        zone->show(each, subject);
    return query::render(of, subject, format, output_width());
  }
};

expected<presentation> resolve_presentation(const query_options& options, query::subject subject) {
  auto format = query::parse_format(options.format);
  if (!format)
    return tl::unexpected{format.error()};
  presentation made{subject, *format, std::nullopt};
  if (!options.zone.empty()) {
    auto zone = query::time_zone::find(options.zone);
    if (!zone)
      return fail(error_kind::invalid, fmt::format("--tz {}: {}", options.zone, zone.error().message));
    made.zone = *zone;
  }
  return made;
}

/// Until it is stopped: what is there, then what is new or has changed, as it comes.
int follow(storage::result_store& store, const query_options& options, const query::request& request,
           const presentation& shown) {
  if (options.count || !request.sort.empty() || !request.cursor.empty())
    return say_failure({error_kind::invalid,
                        "--follow gives results as they come: it goes with no --count, --sort or --cursor", false});
  if (shown.format != query::format::table && shown.format != query::format::ndjson)
    return say_failure(
        {error_kind::invalid,
         fmt::format("--follow has no end, and {} needs one: --format ndjson or table goes on", options.format),
         false});
  follower following{store, request};
  while (!interrupted()) {
    auto news = following.news();
    if (!news)
      return say_failure(news.error());
    if (!news->empty()) {
      query::answer answer{std::move(*news), std::nullopt, {}};
      if (auto printed = print_now(shown.text(answer)); !printed)
        return say_failure(printed.error());
    }
    for (int i = 0; i < 10 && !interrupted(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return exit_done;
}

int run(const query_options& options) {
  auto request = resolve(options);
  if (!request)
    return say_failure(request.error());
  auto shown = resolve_presentation(options, request->subject);
  if (!shown)
    return say_failure(shown.error());
  auto store = open_chosen_store(options.store);
  if (!store)
    return say_failure(store.error());
  if (options.follow)
    return follow(**store, options, *request, *shown);
  if (options.count) {
    auto number = query::count(**store, *request);
    if (!number)
      return say_failure(number.error());
    fmt::print("{}\n", *number);
    return exit_done;
  }
  auto answer = query::ask(**store, *request);
  if (!answer)
    return say_failure(answer.error());
  const auto text = shown->text(*answer);
  std::fwrite(text.data(), 1, text.size(), stdout);                   // run_program sees whether it could
  flush_output();                                                     // what is said of it comes behind it
  if (answer->items.empty() && shown->format != query::format::table) // a table says it itself
    say(answer->why_empty);
  if (answer->next)
    say(fmt::format("more: --cursor {} (or --limit 0 for all)", *answer->next));
  return exit_done;
}

} // namespace

void add_query_command(program& to) {
  auto& command =
      add_command(to.app, "query", "Ask the store: windows, alerts, entities, labels, events, runs, mutes or cases",
                  "  throng query windows --pipeline city-climate --group district=district-03 --format json\n"
                  "  throng query windows --pipeline city-climate --window climate-1m --rollup 1h --limit 24\n"
                  "  throng query alerts --sort -time --limit 10\n"
                  "  throng query alerts --follow --format ndjson --tz Europe/Vienna\n"
                  "  throng query alerts --where '{\"severity\": \"critical\"}' --count");
  auto options = std::make_shared<query_options>();
  command.add_option("subject", options->subject, "What to ask for")
      ->required()
      ->check(can_be({"windows", "alerts", "entities", "labels", "events", "runs", "mutes", "cases", "thresholds"}));
  command.add_option("--pipeline", options->request.pipeline, "Of this pipeline");
  command.add_option("--window", options->request.window, "Of this window, by its name in the pipeline");
  command.add_option("--group", options->group, "NAME=VALUE of the group (repeatable)")->allow_extra_args(false);
  command.add_option("--entity", options->request.entity, "Of this entity");
  command.add_option("--from", options->from, "From this time on: ISO 8601, now, or -24h");
  command.add_option("--to", options->to, "Before this time");
  command.add_option("--where", options->where, "MongoDB's match operators over the documents, as JSON");
  command.add_option("--sort", options->request.sort, "A field; -FIELD for falling order");
  command.add_option("--limit", options->request.limit, "At most this many; 0 is all")
      ->check(from_zero())
      ->capture_default_str();
  command.add_option("--cursor", options->request.cursor, "Go on behind an earlier page");
  command.add_option("--format", options->format, "How it is shown")
      ->check(can_be({"table", "json", "ndjson", "csv"}))
      ->capture_default_str();
  command.add_option("--rollup", options->rollup, "Merge tumbling windows into longer ones, such as 1h");
  command.add_option("--gap", options->gap, "Alerts further apart are of different cases (1h)");
  command.add_option("--tz", options->zone, "Times on this zone's clock, such as Europe/Vienna, in place of UTC");
  command.add_flag("--follow", options->follow, "What is there, then what is new or has changed, until it is stopped");
  command.add_flag("--count", options->count, "Only how many there are");
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
