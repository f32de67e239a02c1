#include "service/file_analysis.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <fmt/format.h>

#include "actors/analysis.hpp"
#include "actors/system_config.hpp"
#include "service/analysis_input.hpp"
#include "service/interrupt.hpp"
#include "service/lookup_files.hpp"
#include "service/progress.hpp"

namespace throng::service {

namespace {

actors::analysis_result watch(actors::analysis& running, bool quiet) {
  progress line{quiet};
  auto stopping = false;
  for (;;) {
    if (auto ended = running.wait(std::chrono::milliseconds{100}))
      return *ended;
    const auto at = running.progress();
    line.show(fmt::format("{:.1f} s  {} messages", static_cast<double>(line.elapsed().count()) / 1000, at.consumed));
    if (interrupted() && !std::exchange(stopping, true))
      running.stop();
  }
}

} // namespace

expected<actors::progress_snapshot> analyse_files(const file_analysis& what, storage::result_store& into) {
  input_choice choice;
  choice.from = what.from;
  choice.partitions = 1;
  choice.record = what.record;
  choice.group = "throng";
  if (!choice.folder())
    return fail(error_kind::invalid, fmt::format("{} must be file:DIR", what.from));
  auto lookups = lookup_files::open(what.plans);
  if (!lookups)
    return fail(error_kind::invalid, to_string(lookups.error().front()));
  auto input = analysis_input::open(choice, config::settings{}, what.plans);
  if (!input)
    return tl::unexpected{input.error()};
  if (auto tables = analysis_input::open_tables(choice, {}, **lookups); !tables)
    return tl::unexpected{tables.error()};

  actors::analysis_options watching;
  watching.topics = watched_topics(choice, what.plans, {});
  watching.until_end = true;
  watching.memory = (*input)->memory;
  watching.lookups = [files = *lookups](const std::string& pipeline) { return files->latest(pipeline); };
  actors::system_config config{0};
  caf::actor_system system{config};
  auto running = actors::analysis::start(system, std::move((*input)->source), into, std::move(watching));
  if (!running)
    return tl::unexpected{running.error()};
  const auto result = watch(**running, what.quiet);
  if (result.failure)
    return tl::unexpected{*result.failure};
  if (interrupted())
    return fail(error_kind::unavailable, "interrupted: results are not complete");
  return (*running)->progress();
}

} // namespace throng::service
