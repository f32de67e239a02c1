#include "service/export_results.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analytics/json_text.hpp"
#include "analytics/results.hpp"
#include "query/csv_table.hpp"
#include "query/presented.hpp"
#include "query/slices.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/parquet_output.hpp"
#include "service/progress.hpp"
#include "service/query_options.hpp"
#include "service/row_output.hpp"

namespace throng::service {

namespace {

using items = std::vector<boost::json::object>;

/// Documents that are held at once: some tens of megabytes of them.
constexpr std::size_t slice_documents = 10'000;

struct export_choice {
  query_options of;
  std::string before;
  std::string to = "-";
  bool force = false;
};

/// All parts of an answer one after another, with progress.
class sliced_answer {
public:
  sliced_answer(storage::result_store& store, query::request request, std::string subject, bool quiet)
      : store_(store)
      , request_(std::move(request))
      , subject_(std::move(subject))
      , shown_(quiet) {}

  /// @param doing what is being done, for the progress line
  expected<std::uint64_t> give(std::string_view doing, const query::slice_receiver& to) {
    std::uint64_t given = 0;
    return query::ask_in_slices(store_, request_, slice_documents, [&](const items& part) -> expected<void> {
      given += part.size();
      auto told = tell(given, doing);
      return told ? to(part) : told;
    });
  }
  /// unavailable: somebody has interrupted the export.
  expected<void> tell(std::uint64_t done, std::string_view doing) {
    if (interrupted())
      return fail(error_kind::unavailable, "stopped before the end: nothing stands under the file's name");
    shown_.show(fmt::format("{} {} {}", done, subject_, doing));
    return {};
  }

private:
  storage::result_store& store_;
  query::request request_;
  std::string subject_;
  progress shown_;
};

expected<std::uint64_t> write_lines(sliced_answer& of, row_output& out) {
  std::string line;
  return of.give("written", [&](const items& part) -> expected<void> {
    for (const auto& each : part) {
      line.clear();
      analytics::append_json_text(line, each);
      if (auto written = out.append(line); !written)
        return written;
    }
    return {};
  });
}

/// Twice through the answer: which columns there are is known only at its end.
expected<std::uint64_t> write_table(sliced_answer& of, row_output& out) {
  query::column_names columns;
  auto read = of.give("read for their columns", [&](const items& part) -> expected<void> {
    for (const auto& each : part)
      columns.learn(query::flatten(each));
    return {};
  });
  if (!read || *read == 0)
    return read;
  const auto& names = columns.all();
  const std::set<std::string, std::less<>> known{names.begin(), names.end()};
  if (auto written = out.append(query::csv_head(names) + '\r'); !written)
    return tl::unexpected(written.error());
  return of.give("written", [&](const items& part) -> expected<void> {
    for (const auto& each : part) {
      const auto row = query::flatten(each);
      if (std::any_of(row.begin(), row.end(), [&](const auto& field) { return !known.contains(field.first); }))
        return fail(error_kind::conflict, "the store has got documents with other fields meanwhile: export again");
      if (auto written = out.append(query::csv_row(names, row) + '\r'); !written)
        return written;
    }
    return {};
  });
}

expected<std::uint64_t> write_parquet(sliced_answer& of, parquet_output& out) {
  auto rows = of.give("read", [&](const items& part) -> expected<void> {
    for (const auto& each : part)
      if (auto taken = out.append(query::flatten(each)); !taken)
        return taken;
    return {};
  });
  if (rows)
    if (auto done = out.finish([&](std::uint64_t written) { return of.tell(written, "written"); }); !done)
      return tl::unexpected(done.error());
  return rows;
}

/// @returns how many rows are in the file
expected<std::uint64_t> write_as(const export_choice& choice, sliced_answer& answer, analytics::collection of) {
  if (choice.of.format == "parquet") {
    const auto& times = analytics::time_fields(of);
    auto out = parquet_output::open(choice.to, choice.of.subject, {times.begin(), times.end()}, choice.force);
    return out ? write_parquet(answer, *out) : tl::unexpected(out.error());
  }
  const auto csv = choice.of.format == "csv";
  auto out = row_output::open(choice.to, choice.of.subject,
                              csv ? transport::file_form::csv : transport::file_form::ndjson, choice.force);
  if (!out)
    return tl::unexpected(out.error());
  auto rows = csv ? write_table(answer, *out) : write_lines(answer, *out);
  if (rows)
    if (auto done = out->finish(); !done)
      return tl::unexpected(done.error());
  return rows;
}

int export_results(const export_choice& choice, bool quiet) {
  auto request = resolve(choice.of);
  if (!request)
    return say_failure(request.error());
  if (!choice.before.empty()) {
    const auto before = parse_time(choice.before, wall_now());
    if (!before)
      return say_failure(
          {error_kind::invalid, fmt::format("--before {}: {}", choice.before, before.error().message), false});
    request->to = *before;
  }
  auto store = open_chosen_store(choice.of.store);
  if (!store)
    return say_failure(store.error());
  const auto of = query::collection_of(request->subject);
  sliced_answer answer{**store, std::move(*request), choice.of.subject, quiet};
  const auto rows = write_as(choice, answer, of);
  if (!rows)
    return say_failure(rows.error());
  if (!quiet)
    say(fmt::format("{} {}", *rows, choice.of.subject));
  return exit_done;
}

} // namespace

void add_export_of_results(program& to, CLI::App& into) {
  for (const auto* subject : {"windows", "alerts", "events"}) {
    const auto example = std::string{subject} == "windows"
                             ? "  throng export windows --pipeline city-climate --window climate-1m --to results"
                             : fmt::format("  throng export {} --from -24h --format ndjson --to results", subject);
    auto& command = add_command(into, subject, fmt::format("Stored {}, as files for other tools", subject), example);
    auto choice = std::make_shared<export_choice>();
    choice->of.subject = subject;
    choice->of.format = "csv";
    auto& request = choice->of.request;
    if (std::string{subject} != "events")
      command.add_option("--pipeline", request.pipeline, "Of this pipeline");
    if (std::string{subject} == "windows") {
      command.add_option("--window", request.window, "Of this window, by its name in the pipeline");
      command.add_option("--group", choice->of.group, "NAME=VALUE of the group (repeatable)")->allow_extra_args(false);
    }
    command.add_option("--entity", request.entity, "Of this entity");
    command.add_option("--from", choice->of.from, "From this time on: ISO 8601, now, or -24h");
    command.add_option("--before", choice->before, "Before this time");
    command.add_option("--where", choice->of.where, "MongoDB's match operators over the documents, as JSON");
    command.add_option("--format", choice->of.format, "How rows are written")
        ->check(can_be({"csv", "ndjson", "parquet"}))
        ->capture_default_str();
    command
        .add_option("--to", choice->to,
                    fmt::format("A folder or s3://BUCKET/PREFIX, for {}.csv, .ndjson or .parquet; - is standard output",
                                subject))
        ->capture_default_str();
    command.add_flag("--force", choice->force, "Write over a file that is there");
    command.add_option("--store", choice->of.store, "sqlite:FILE or mongodb://…");
    command.callback([&to, choice] { to.chosen = [&to, choice] { return export_results(*choice, to.global.quiet); }; });
  }
}

} // namespace throng::service
