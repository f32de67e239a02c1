#include "actors/analysis.hpp"

#include <random>
#include <utility>

#include <fmt/format.h>

#include "actors/consumer.hpp"
#include "actors/store_writer.hpp"
#include "storage/owner_checkpoints.hpp"

namespace throng::actors {

namespace {

/// Kept for feeding a restarted processor where the source can't seek back, a partition (semantics.md 7).
constexpr std::size_t replay_bytes = std::size_t{64} << 20U;

/// Tells this process's checkpoints from those of any other. Not part of any result.
std::string unique_writer() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

topic_plan plan_topic(const watched_topic& topic, std::string source, std::int32_t partitions,
                      const analysis_options& options) {
  topic_plan result{topic.name, std::move(source), {}, partitions, {}};
  for (const auto& pipeline : topic.pipelines) {
    auto& task = result.tasks.emplace_back();
    task.make = [pipeline, name = topic.name](std::int32_t partition) {
      return analytics::make_engine(pipeline, name, partition);
    };
    task.idle = pipeline->definition().idle;
    if (!pipeline->definition().enrich.empty())
      task.lookups = [latest = options.lookups, name = pipeline->definition().name] { return latest(name); };
  }
  if (topic.recorder)
    result.tasks.emplace_back().make = [options = *topic.recorder, name = topic.name](std::int32_t partition) {
      return analytics::make_recorder(options, name, partition);
    };
  return result;
}

/// Checkpoints that name this very source by what it was earlier go on under that name.
expected<void> find_known_sources(topic_plan& topic, const std::string& broker_name, const transport::consumer& source,
                                  storage::result_store& store) {
  for (const auto& task : topic.tasks) {
    auto owner = task.make(0)->owner();
    auto earlier = storage::known_source(store, owner, topic.name);
    if (!earlier)
      return tl::unexpected<error>(earlier.error());
    if (*earlier && **earlier != topic.source && source.is_same_source(broker_name, **earlier))
      topic.known_as.emplace(std::move(owner), std::move(**earlier));
  }
  return {};
}

} // namespace

expected<std::unique_ptr<analysis>> analysis::start(caf::actor_system& system,
                                                    std::unique_ptr<transport::consumer> source,
                                                    storage::result_store& store, analysis_options options) {
  auto plan = std::make_shared<analysis_plan>();
  for (const auto& topic : options.topics) {
    auto partitions = source->partitions(topic.broker_name);
    if (!partitions)
      return tl::unexpected<error>(partitions.error());
    auto planned = plan_topic(topic, source->source_identity(topic.broker_name), *partitions, options);
    if (auto known = find_known_sources(planned, topic.broker_name, *source, store); !known)
      return tl::unexpected<error>(known.error());
    plan->topics.emplace(topic.broker_name, std::move(planned));
  }
  plan->store = &store;
  plan->writer = unique_writer();
  plan->checkpoint_every = options.checkpoint_every;
  plan->until_end = options.until_end;
  plan->start = options.start;
  plan->side_messages = std::move(options.side_messages);
  plan->taken_in = std::move(options.taken_in);
  plan->raised = std::move(options.raised);
  plan->restarts = options.restarts;
  plan->backoff = options.backoff;
  plan->bounds = options.bounds;
  plan->bounds.feed.replay_bytes = options.replay_from_memory ? replay_bytes : 0;

  std::unique_ptr<analysis> made{new analysis};
  auto ready = std::make_shared<std::promise<expected<void>>>();
  auto ended = std::make_shared<std::promise<analysis_result>>();
  made->ready_ = ready->get_future().share();
  made->ended_ = ended->get_future().share();
  // Spawned once; a function object that CAF stores must be copyable.
  auto handle = std::make_shared<std::unique_ptr<transport::consumer>>(std::move(source));
  analysis_cast cast;
  cast.consumer = [&system, handle, plan, progress = made->progress_](const consumer_supervisor_actor& supervisor) {
    return system.spawn<caf::detached>(consumer, handle, plan, progress, supervisor);
  };
  cast.writer = [&system, plan] { return system.spawn<caf::detached>(store_writer, plan); };
  cast.ready = [ready](const expected<void>& x) { ready->set_value(x); };
  cast.ended = [ended](const analysis_result& x) { ended->set_value(x); };
  made->supervisor_ = system.spawn(consumer_supervisor, plan, made->progress_, std::move(cast));
  caf::anon_send(made->supervisor_, open_atom_v);
  return made;
}

analysis::~analysis() {
  // The store is borrowed: its writer must be gone before this is.
  caf::anon_send(supervisor_, abandon_atom_v);
  ended_.wait();
}

const std::shared_future<expected<void>>& analysis::ready() const {
  return ready_;
}

progress_snapshot analysis::progress() const {
  return progress_->snapshot();
}

void analysis::finish_at(std::map<transport::topic_partition, std::int64_t> ends) {
  caf::anon_send(supervisor_, finish_request{std::move(ends)});
}

void analysis::stop() {
  caf::anon_send(supervisor_, stop_atom_v);
}

std::optional<analysis_result> analysis::wait(std::chrono::milliseconds limit) {
  if (ended_.wait_for(limit) != std::future_status::ready)
    return std::nullopt;
  return ended_.get();
}

} // namespace throng::actors
