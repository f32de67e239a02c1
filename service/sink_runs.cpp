#include "service/sink_runs.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "analytics/event_sink.hpp"

namespace throng::service {

expected<std::unique_ptr<sink_runs>> sink_runs::start(caf::actor_system& system, storage::result_store& store,
                                                      const std::vector<plan_ptr>& plans, const counted_sinks& sinks,
                                                      sink_run_options options) {
  auto made = std::make_unique<sink_runs>();
  made->between_ = options.between;
  made->ending_ = options.each.until_end;
  const auto shared = std::make_shared<const sink_run_options>(std::move(options));
  for (const auto& plan : plans)
    for (const auto& declared : plan->definition().sinks) {
      const auto& of = plan->definition();
      const auto owner = analytics::sink_owner(of, declared);
      auto& added = made->all_[owner];
      added.name = sink_title(of.name, declared.name);
      added.counted = sinks.at(owner);
      added.start = [&system, &store, shared, plan, owner, sink = sinks.at(owner),
                     group = of.name + "." + declared.name]() -> expected<std::unique_ptr<actors::analysis>> {
        auto source = shared->open(plan->definition(), group);
        if (!source)
          return tl::unexpected{source.error()};
        auto how = shared->each;
        const auto& topic = plan->definition().source;
        how.topics.push_back({topic, shared->prefix + topic, {}, std::nullopt, {plan}});
        how.sinks = {{owner, sink}};
        return actors::analysis::start(system, std::move(*source), store, std::move(how));
      };
      auto running = added.start();
      if (!running)
        return fail(running.error().kind, fmt::format("{}: {}", added.name, running.error().message));
      added.running = std::move(*running);
    }
  return made;
}

void sink_runs::finish_at(const std::map<transport::topic_partition, std::int64_t>& ends) {
  ending_ = true;
  ends_ = ends;
  for (auto& [owner, each] : all_) {
    if (each.running)
      each.running->finish_at(ends);
    else if (!each.ended)
      begin_again(each); // once more, and to the end
  }
}

void sink_runs::stop() {
  ending_ = true;
  for (auto& [owner, each] : all_) {
    if (each.running)
      each.running->stop();
    else if (!each.ended)
      each.ended = actors::analysis_result{each.why}; // its last checkpoint is all there is to save
  }
}

void sink_runs::look_after() {
  for (auto& [owner, each] : all_) {
    if (each.ended)
      continue;
    if (!each.running) {
      if (std::chrono::steady_clock::now() >= each.again)
        begin_again(each);
      continue;
    }
    auto result = each.running->wait(std::chrono::milliseconds{0});
    if (!result)
      continue;
    if (result->failure)
      failed(each, *result->failure);
    else
      each.ended = *result;
  }
}

void sink_runs::failed(one& which, const error& why) {
  // What comes of the sink itself names it already; what comes of its source or of the store does not.
  const auto title = which.name + ": ";
  which.why = error{why.kind, (why.message.starts_with(title) ? "" : title) + why.message, why.retryable};
  const auto figures = which.counted->read();
  if (ending_ || why.kind == error_kind::conflict || (figures.claims == 0 && !why.retryable)) {
    which.ended = actors::analysis_result{which.why};
    return;
  }
  which.failures = figures.rows > std::exchange(which.rows, figures.rows) ? 1 : which.failures + 1;
  const auto wait = between_.before(which.failures);
  which.again = std::chrono::steady_clock::now() + wait;
  {
    const std::lock_guard lock{mutex_};
    which.running.reset();
  }
  spdlog::error("{}; it begins again in {}", which.why->message,
                format_duration(std::chrono::duration_cast<milliseconds>(wait)));
}

void sink_runs::begin_again(one& which) {
  auto made = which.start();
  if (!made) {
    failed(which, made.error());
    return;
  }
  if (ends_)
    (*made)->finish_at(*ends_);
  const std::lock_guard lock{mutex_};
  which.running = std::move(*made);
}

std::optional<error> sink_runs::hopeless() const {
  if (ending_)
    return std::nullopt;
  for (const auto& [owner, each] : all_)
    if (each.ended)
      return each.ended->failure;
  return std::nullopt;
}

std::optional<actors::analysis_result> sink_runs::ended() const {
  actors::analysis_result result;
  for (const auto& [owner, each] : all_) {
    if (!each.ended)
      return std::nullopt;
    if (!result.failure)
      result.failure = each.ended->failure;
  }
  return result;
}

std::uint64_t sink_runs::lag() const {
  const std::lock_guard lock{mutex_};
  std::uint64_t sum = 0;
  for (const auto& [owner, each] : all_)
    sum += each.running ? each.running->progress().lag.value_or(0) : 0;
  return sum;
}

std::optional<actors::progress_snapshot> sink_runs::progress(const std::string& owner) const {
  const std::lock_guard lock{mutex_};
  const auto found = all_.find(owner);
  if (found == all_.end())
    return std::nullopt;
  return found->second.running ? found->second.running->progress() : actors::progress_snapshot{};
}

std::string describe_sinks(const sink_runs& sinks) {
  const auto behind = sinks.lag();
  return behind > 0 ? fmt::format("  sinks behind {}", behind) : std::string{};
}

std::function<actors::progress_snapshot(const std::string&)>
progress_by_sink(const sink_runs& sinks, std::function<actors::progress_snapshot()> shared) {
  return [&sinks, shared = std::move(shared)](const std::string& owner) {
    auto own = sinks.progress(owner);
    return own ? std::move(*own) : shared();
  };
}

} // namespace throng::service
