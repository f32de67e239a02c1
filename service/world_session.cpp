#include "service/world_session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/world_command.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

tl::unexpected<refusal> refuse(error why) {
  return tl::unexpected<refusal>{std::move(why)};
}

std::string text_of(const json::value& value) {
  std::string text;
  storage::append_json_text(text, value);
  return text;
}

/// What has to be the same in a run that is gone on with.
json::object identity_of(const config::scenario& scenario) {
  return {{"name", scenario.name},
          {"seed", scenario.seed},
          {"latitude", scenario.latitude},
          {"start", to_iso8601(scenario.start)},
          {"duration", format_duration(scenario.duration)},
          {"message_delay", format_duration(scenario.message_delay)},
          {"lookahead", format_duration(scenario.lookahead)},
          {"partitions", scenario.settings.topics.partitions},
          {"prefix", scenario.settings.topics.prefix}};
}

/// @param resumed else repeated: then it may go elsewhere
expected<void> check_identity(const kept_run& kept, const config::scenario& now, bool resumed) {
  for (const auto& part : identity_of(now)) {
    const std::string key{part.key()};
    const auto of_destination = key == "partitions" || key == "prefix";
    const auto* then = kept.begin.identity.if_contains(key);
    if (then == nullptr || (text_of(*then) != text_of(part.value()) && (resumed || !of_destination)))
      return fail(error_kind::invalid,
                  fmt::format("{}: the run {} had {}, the scenario now has {}", key, kept.begin.run,
                              then == nullptr ? "none" : text_of(*then), text_of(part.value())));
  }
  return {};
}

/// Repeats the inputs of a run on the world as it began.
unless_refused<void> plan_inputs(world_session& session, const std::vector<run_input>& inputs) {
  auto world = session.first;
  for (const auto& input : inputs) {
    auto change = session.scenario.lay(input.parts);
    if (!change)
      return tl::unexpected{change.error()};
    auto next = world->succeeded_by(change->result.value, input.at);
    if (!next)
      return refuse(next.error());
    world = *next;
    session.inputs.push_back({input.at, world});
    session.scenario.keep(std::move(*change));
  }
  return {};
}

/// The run that the options speak of; none where they speak of none.
expected<std::optional<kept_run>> find_run(const session_options& options, const std::string& scenario,
                                           storage::result_store* store, const std::string& to) {
  if (!options.goes_on() && options.replay.empty())
    return std::nullopt;
  if (store == nullptr)
    return fail(error_kind::invalid,
                "--resume, --append and --replay-inputs go on from what a store keeps: name it with "
                "--store");
  if (!options.replay.empty())
    return run_named(*store, options.replay).map([](kept_run&& run) { return std::optional{std::move(run)}; });
  auto found = last_run(*store, scenario, to);
  if (!found)
    return found;
  if (!*found)
    return fail(error_kind::not_found,
                fmt::format("the store keeps no run of {} into {} that could be gone on from", scenario, to));
  if (options.append && !(*found)->complete)
    return fail(error_kind::conflict,
                fmt::format("the run {} has not come to its end: --resume it first", (*found)->begin.run));
  return found;
}

} // namespace

void session_options::add_to(CLI::App& command) {
  command.add_flag("--resume", resume,
                   "Go on with a run that was stopped or killed, from its last snapshot in the store");
  command.add_flag("--append", append,
                   "Write behind what a finished run has written, counting seq on from the store's books");
  command.add_option("--replay-inputs", replay,
                     "Apply the inputs of RUN again, at the ticks at which they took effect");
  command.add_option("--snapshot-every", snapshot_every, "Wall time between snapshots of the world in the store")
      ->capture_default_str();
  serve.add_to(command);
}

expected<std::chrono::milliseconds> session_options::check() const {
  if ((resume ? 1 : 0) + (append ? 1 : 0) + (replay.empty() ? 0 : 1) > 1)
    return fail(error_kind::invalid,
                "--resume, --append and --replay-inputs exclude each other: a run goes on, follows "
                "another, or repeats one");
  auto every = parse_duration(snapshot_every);
  if (!every || every->count() == 0)
    return fail(error_kind::invalid,
                fmt::format("--snapshot-every {}: must be a duration above 0 such as 1m", snapshot_every));
  return *every;
}

unless_refused<world_session> open_session(const session_options& options, const std::string& scenario,
                                           const config::load_options& load, storage::result_store* store,
                                           const std::string& to,
                                           const std::function<void(config::scenario&)>& adjust) {
  auto loading = load;
  auto begun = tuned_scenario::begin(scenario, loading);
  if (!begun)
    return tl::unexpected<refusal>{begun.error()};
  auto kept = find_run(options, begun->now().value.name, store, to);
  if (!kept)
    return refuse(kept.error());
  const auto repeats = *kept && !options.append;
  if (repeats) {
    // As it began then, whatever has become of the file since.
    loading.sets.emplace_back("start", text_of((*kept)->begin.identity.at("start")));
    begun = tuned_scenario::begin(scenario, loading);
    if (!begun)
      return tl::unexpected<refusal>{begun.error()};
    auto laid = begun->lay((*kept)->begin.parts);
    if (!laid)
      return tl::unexpected{laid.error()};
    begun->keep(std::move(*laid));
  }
  world_session session{std::move(*begun)};
  auto adjusted = session.scenario.now().value;
  adjust(adjusted);
  if (repeats)
    if (auto same = check_identity(**kept, adjusted, options.resume); !same)
      return refuse(same.error());
  auto first = simulation::world::make(std::move(adjusted));
  if (!first)
    return refuse(first.error());
  session.first = *first;
  session.begin_parts = session.scenario.now().tunable;
  session.run = options.resume ? (*kept)->begin.run : new_run_id();
  if (repeats) {
    if (auto planned = plan_inputs(session, (*kept)->inputs); !planned)
      return tl::unexpected{planned.error()};
    if (!options.resume)
      session.to_log = (*kept)->inputs;
  }
  if (options.resume)
    session.kept = std::move(*kept);
  return session;
}

expected<std::unique_ptr<actors::world_run>> make_world(const session_options& how, const world_session& session,
                                                        caf::actor_system& system,
                                                        const std::shared_ptr<actors::message_sink>& sink,
                                                        actors::world_options options, storage::result_store* store,
                                                        const run_ends& ends) {
  options.planned = session.inputs;
  if (how.append) {
    auto books = stored_books(*store);
    if (!books)
      return tl::unexpected{books.error()};
    options.books = std::move(*books);
  }
  if (!session.kept)
    return std::make_unique<actors::world_run>(system, session.first, sink, std::move(options));
  auto snapshots = snapshots_of(*store, session.run);
  if (!snapshots)
    return tl::unexpected{snapshots.error()};
  // The last resort is the begin: the world runs again from there.
  snapshots->push_back({session.first->start(), std::vector<std::uint64_t>(ends.size()), {}});
  const auto& began_at = session.kept->begin.ends;
  for (auto& each : *snapshots) {
    if (each.handed_over.size() != ends.size() || began_at.size() != ends.size())
      continue;
    auto here = options;
    auto fits = true;
    for (std::size_t run = 0; run < ends.size(); ++run) {
      const auto past = ends[run] - began_at[run] - static_cast<std::int64_t>(each.handed_over[run]);
      fits = fits && past >= 0;
      here.leave_out.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(0, past)));
    }
    if (!fits)
      continue; // messages from before it never arrived
    auto world = session.first;
    here.planned.clear();
    for (const auto& input : session.inputs)
      if (input.at < each.at)
        world = input.world;
      else
        here.planned.push_back(input);
    const auto at = each.at;
    if (!each.parts.empty())
      here.snapshot = std::make_shared<const actors::world_snapshot>(std::move(each));
    try {
      auto made = std::make_unique<actors::world_run>(system, world, sink, std::move(here));
      spdlog::info("the run {} goes on from {}", session.run, to_iso8601(at));
      return made;
    } catch (const simulation::foreign_state& e) {
      spdlog::warn("the snapshot of {} is left alone: {}", to_iso8601(at), e.what());
    }
  }
  return fail(error_kind::conflict,
              "the destination holds fewer messages than before the run began: it was made anew, or "
              "it is another");
}

expected<void> log_session(run_log& log, const world_session& session, const actors::world_run& world,
                           const std::string& command, const std::string& to, const run_ends& ends) {
  if (!log.keeps())
    return {};
  if (session.kept)
    return log.go_on({world.progress().virtual_ms.load()});
  const run_begin begin{session.run, identity_of(session.first->scenario()), to, ends, session.begin_parts};
  if (auto begun = log.begin(command, begin); !begun)
    return begun;
  for (const auto& each : session.to_log)
    if (auto added = log.add(each); !added)
      return added;
  return {};
}

world_keeper::world_keeper(actors::world_run& world, world_control& control, run_log& log,
                           std::chrono::milliseconds snapshot_every)
    : world_(world)
    , control_(control)
    , log_(log)
    , snapshot_every_(snapshot_every)
    , next_snapshot_(std::chrono::steady_clock::now() + snapshot_every) {
  // waits for look_after()
}

void world_keeper::look_after() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_look_) {
    next_look_ = now + std::chrono::milliseconds{500};
    control_.watch_file();
  }
  if (!log_.keeps() || now < next_snapshot_)
    return;
  constexpr std::chrono::seconds patience{2}; // and again later
  if (world_.hold(patience)) {
    auto taken = world_.snapshot();
    world_.release();
    if (taken)
      if (auto kept = log_.add(*taken); !kept)
        spdlog::warn("no snapshot of the world is kept: {}", kept.error().message);
  }
  next_snapshot_ = std::chrono::steady_clock::now() + snapshot_every_;
}

json::object world_keeper::conclude(const actors::world_result& result) {
  auto facts = log_.facts();
  facts["complete"] = result.ended >= world_.world()->end();
  if (log_.keeps() && result.ended < world_.world()->end())
    if (auto last = world_.snapshot())
      if (auto kept = log_.add(*last); !kept)
        spdlog::warn("no snapshot of the world is kept: {}", kept.error().message);
  return facts;
}

expected<void> check_only_writer(const world_session& session, const run_ends& began_at,
                                 const actors::world_result& result, const run_ends& ends) {
  const auto& from = session.kept ? session.kept->begin.ends : began_at;
  const auto partitions = static_cast<std::size_t>(session.first->partitions());
  for (std::size_t run = 0; run < ends.size(); ++run)
    if (const auto wanted = from[run] + static_cast<std::int64_t>(result.by_run[run]); ends[run] != wanted)
      return fail(error_kind::conflict,
                  fmt::format("topic {}{}, partition {} ends at {} where this run's messages end at {}: {}",
                              session.first->scenario().settings.topics.prefix,
                              simulation::name(static_cast<simulation::topic>(run / partitions)), run % partitions,
                              ends[run], wanted,
                              ends[run] > wanted ? "somebody else has written to it" : "the cluster has lost some"));
  return {};
}

int say_refusal(const refusal& why) {
  if (const auto* problems = std::get_if<config::problems>(&why))
    return say_problems(*problems);
  return say_failure(std::get<error>(why));
}

} // namespace throng::service
