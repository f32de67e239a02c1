#include "service/world_control.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "service/logging.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

/// How long a change waits for the world to come to a tick's end. Below the server's own patience.
constexpr std::chrono::seconds hold_limit{20};

tl::unexpected<refusal> refuse(error why) {
  return tl::unexpected<refusal>{std::move(why)};
}

json::value speed_value(double speed) {
  return speed <= 0 ? json::value("max") : json::value(speed);
}

} // namespace

world_control::world_control(actors::world_run& world, tuned_scenario scenario, run_log& log)
    : world_(world)
    , log_(log)
    , scenario_(std::move(scenario)) {
  seen_ = mark();
}

json::object world_control::state() const {
  const std::scoped_lock lock{mutex_};
  return state_locked();
}

json::object world_control::state_locked() const {
  const auto& progress = world_.progress();
  const auto& scenario = scenario_.now();
  json::object body{{"run", log_.run()},
                    {"scenario", scenario.value.name},
                    {"seed", scenario.value.seed},
                    {"start", to_iso8601(scenario.value.start)},
                    {"at", to_iso8601({progress.virtual_ms.load()})},
                    {"paused", progress.paused.load()},
                    {"speed", speed_value(progress.speed.load())},
                    {"live", progress.live.load()},
                    {"behind_seconds", static_cast<double>(progress.behind_ms.load()) / 1000},
                    {"events", progress.events.load()},
                    {"restarts", progress.restarts.load()},
                    {"changes", changes_}};
  body["last_change"] = last_change_ ? json::value(to_iso8601(*last_change_)) : json::value{};
  for (const auto& part : scenario.tunable)
    body[part.key()] = part.value();
  return body;
}

unless_refused<json::object> world_control::apply(const std::string& what, const json::value& request,
                                                  const make_change& make) {
  const std::scoped_lock lock{mutex_};
  const auto first = make({world_.progress().virtual_ms.load()});
  if (!first)
    return tl::unexpected{first.error()};
  const auto& before = scenario_.now().value;
  const auto same_speed =
      first->result.value.speed == before.speed && first->result.value.then_live == before.then_live;
  auto parts_only = first->result.value;
  parts_only.speed = before.speed;
  parts_only.then_live = before.then_live;
  if (parts_only == before) { // nothing that a message shows
    if (!same_speed) {
      world_.change_speed(first->result.value.speed);
      if (auto noted =
              log_.note({world_.progress().virtual_ms.load()}, "speed", speed_value(first->result.value.speed));
          !noted)
        return refuse(noted.error());
    }
    scenario_.keep(*first);
    return state_locked();
  }
  auto at = world_.hold(hold_limit);
  if (!at)
    return refuse(at.error());
  auto made = make(*at);
  if (!made) {
    world_.release();
    return tl::unexpected{made.error()};
  }
  auto successor = world_.world()->succeeded_by(made->result.value, *at);
  if (!successor) {
    world_.release();
    return refuse(successor.error());
  }
  if (auto kept = log_.add(run_input{*at, what, request, made->result.tunable}); !kept) {
    world_.release();
    return refuse(kept.error());
  }
  const auto speed = made->result.value.speed;
  scenario_.keep(std::move(*made));
  world_.release(*successor);
  if (!same_speed)
    world_.change_speed(speed);
  ++changes_;
  last_change_ = *at;
  spdlog::info("the world is changed from {} on: {}", to_iso8601(*at), what);
  return state_locked();
}

unless_refused<json::object> world_control::set(const std::vector<std::pair<std::string, std::string>>& sets) {
  json::array request; // paths have dots in them, which names of fields in a store may not
  for (const auto& [path, value] : sets)
    request.push_back(json::object{{"path", path}, {"value", value}});
  return apply("set", request, [&](timestamp) { return scenario_.set(sets); });
}

unless_refused<json::object> world_control::incident(json::object incident) {
  return apply("incident", incident, [&](timestamp at) {
    return scenario_.incident(incident, std::max(milliseconds{0}, at - scenario_.now().value.start));
  });
}

unless_refused<json::object> world_control::speed(double speed) {
  const std::scoped_lock lock{mutex_};
  constexpr double most = 1'000'000; // as in the schema
  if (!(speed >= 0 && speed <= most))
    return refuse(
        {error_kind::invalid, fmt::format("speed: {} is not allowed; allowed: max, or a number above 0 and at most "
                                          "1000000",
                                          speed)});
  if (auto noted = log_.note({world_.progress().virtual_ms.load()}, "speed", speed_value(speed)); !noted)
    return refuse(noted.error());
  world_.change_speed(speed);
  return state_locked();
}

unless_refused<json::object> world_control::pause(bool paused) {
  const std::scoped_lock lock{mutex_};
  if (auto noted = log_.note({world_.progress().virtual_ms.load()}, paused ? "pause" : "resume", nullptr); !noted)
    return refuse(noted.error());
  if (paused)
    world_.pause();
  else
    world_.resume();
  return state_locked();
}

std::optional<world_control::file_mark> world_control::mark() const {
  std::error_code failed;
  file_mark made;
  made.written = std::filesystem::last_write_time(scenario_.file(), failed);
  if (!failed)
    made.size = std::filesystem::file_size(scenario_.file(), failed);
  return failed ? std::nullopt : std::optional{made};
}

void world_control::watch_file() {
  const auto now = mark();
  if (!now || now == seen_)
    return;
  seen_ = now;
  auto made = apply("file", json::value(scenario_.file()), [this](timestamp) { return scenario_.reload(); });
  if (made) {
    if (const auto over = scenario_.over_the_file(); !over.empty())
      spdlog::info("{} has been edited; what was set over it stays: {}", scenario_.file(), fmt::join(over, ", "));
    return;
  }
  spdlog::warn("{} has been edited, and is not taken up:", scenario_.file());
  if (const auto* problems = std::get_if<config::problems>(&made.error()))
    for (const auto& each : *problems)
      say(config::to_string(each));
  else
    say(std::get<error>(made.error()).message);
}

} // namespace throng::service
