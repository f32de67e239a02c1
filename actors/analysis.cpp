#include "actors/analysis.hpp"

#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "actors/consumer.hpp"
#include "actors/store_writer.hpp"
#include "analytics/event_sink.hpp"
#include "analytics/result_sink.hpp"
#include "storage/owner_checkpoints.hpp"

namespace throng::actors {

namespace {

/// Tells this process's checkpoints from those of any other. Not part of any result.
std::string unique_writer() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

/// How long the forwarder waits for readers before it looks whether it is to end.
constexpr std::chrono::milliseconds room_limit{200};

/// A topic and the internal ones that its pipelines write.
class topic_planner {
public:
  topic_planner(analysis_plan& into, const transport::consumer& source, const analysis_options& options)
      : into_(into)
      , source_(source)
      , options_(options) {}

  expected<void> add(const watched_topic& topic) {
    auto partitions = source_.partitions(topic.broker_name);
    if (!partitions)
      return tl::unexpected<error>(partitions.error());
    topic_plan made{topic.name, source_.source_identity(topic.broker_name), {}, *partitions, {}};
    for (const auto& pipeline : topic.pipelines) {
      if (auto added = pipeline->rekeys() ? add_rekeyed(topic, pipeline, made) : add_engine(topic, pipeline, made);
          !added)
        return added;
      if (topic.name == pipeline->definition().source)
        add_sinks(pipeline, topic.name, made);
    }
    for (const auto& pipeline : topic.sinks_of)
      add_sinks(pipeline, topic.name, made);
    if (topic.recorder) {
      auto& recorder = made.tasks.emplace_back();
      recorder.make = [options = *topic.recorder, name = topic.name](std::int32_t partition) {
        return analytics::make_recorder(options, name, partition);
      };
      recorder.records = true;
    }
    into_.topics.emplace(topic.broker_name, std::move(made));
    return {};
  }

private:
  using plan_ptr = std::shared_ptr<const analytics::pipeline_plan>;

  task_plan& add_task(const plan_ptr& pipeline, topic_plan& to) {
    auto& task = to.tasks.emplace_back();
    task.idle = pipeline->definition().idle;
    return task;
  }

  /// @param from of the pipeline's lookups, those that the task uses
  void use_lookups(const plan_ptr& pipeline, task_plan& task, std::size_t from = 0, std::size_t to = SIZE_MAX) {
    to = std::min(to, pipeline->lookups().size());
    if (from >= to || !options_.lookups)
      return;
    task.lookups = [latest = options_.lookups, name = pipeline->definition().name, from, to] {
      auto all = latest(name);
      const auto end = std::min(to, all.size());
      const auto begin = std::min(from, end);
      return analytics::lookup_tables{all.begin() + static_cast<std::ptrdiff_t>(begin),
                                      all.begin() + static_cast<std::ptrdiff_t>(end)};
    };
  }

  expected<void> add_engine(const watched_topic& topic, const plan_ptr& pipeline, topic_plan& to) {
    auto& task = add_task(pipeline, to);
    task.make = [pipeline, name = topic.name](std::int32_t partition) {
      return analytics::make_engine(pipeline, name, partition);
    };
    use_lookups(pipeline, task);
    return {};
  }

  void add_sinks(const plan_ptr& pipeline, const std::string& topic, topic_plan& to) {
    const std::shared_ptr<const config::pipeline> definition{pipeline, &pipeline->definition()};
    for (std::size_t i = 0; i < definition->sinks.size(); ++i) {
      const auto& declared = definition->sinks[i];
      const auto found = options_.sinks.find(analytics::sink_owner(*definition, declared));
      if (found == options_.sinks.end())
        continue; // asked for results only
      auto& task = add_task(pipeline, to);
      if (declared.of == config::sink_content::events) {
        task.make = [definition, i, topic](std::int32_t partition) {
          return analytics::make_event_sink(definition, i, topic, partition);
        };
      } else {
        task.make = [pipeline, i, topic](std::int32_t partition) {
          return analytics::make_result_sink(pipeline, i, topic, partition);
        };
        use_lookups(pipeline, task);
      }
      task.save_every = declared.every;
      task.claimed = [sink = found->second, topic](std::int32_t partition, const storage::claimed& claim) {
        return sink->take_over(topic, partition, claim);
      };
    }
  }

  /// Both halves: on this topic, and, with the source, on the internal one between them.
  expected<void> add_rekeyed(const watched_topic& topic, const plan_ptr& pipeline, topic_plan& to) {
    auto name = analytics::internal_topic(pipeline->definition().name);
    const auto prefix = topic.broker_name.substr(0, topic.broker_name.size() - topic.name.size());
    auto broker_name = prefix + name;
    auto targets = source_.partitions(broker_name);
    if (!targets)
      return tl::unexpected<error>(targets.error());
    auto& first = add_task(pipeline, to);
    first.make = [pipeline, name = topic.name, targets = *targets](std::int32_t partition) {
      return analytics::make_rekeyer(pipeline, name, partition, targets);
    };
    to.writes = true;
    if (topic.name != pipeline->definition().source)
      return {}; // the second topic of a join
    const auto before = pipeline->definition().enrich.size();
    use_lookups(pipeline, first, 0, before);

    topic_plan between{std::move(name), source_.source_identity(broker_name), {}, *targets, {}};
    std::vector<analytics::source_partition> sources;
    for (const auto& read : pipeline->topics_read()) {
      auto partitions = source_.partitions(prefix + read);
      if (!partitions)
        return tl::unexpected<error>(partitions.error());
      between.written_by.insert(prefix + read);
      for (std::int32_t i = 0; i < *partitions; ++i)
        sources.push_back({read, i});
    }
    auto& second = add_task(pipeline, between);
    second.make = [pipeline, sources](std::int32_t partition) {
      return analytics::make_rekeyed_reader(pipeline, partition, sources);
    };
    use_lookups(pipeline, second, before);
    into_.topics.emplace(std::move(broker_name), std::move(between));
    return {};
  }

  analysis_plan& into_;
  const transport::consumer& source_;
  const analysis_options& options_;
};

/// Messages of internal topics into memory, all others where they go: one caller at a time, as there are two writers.
side_message_sink route_messages(const std::shared_ptr<transport::memory_topics>& memory,
                                 const std::map<std::string, topic_plan>& topics, side_message_sink others) {
  std::map<std::string, std::string, std::less<>> broker_names;
  for (const auto& [broker_name, topic] : topics)
    if (topic.internal())
      broker_names.emplace(topic.name, broker_name);
  if (broker_names.empty())
    return others;
  auto lock = std::make_shared<std::mutex>();
  return [memory, broker_names, others, lock](std::span<const analytics::side_message> messages) -> expected<void> {
    if (memory) {
      std::vector<transport::memory_topics::addition> internal;
      std::vector<analytics::side_message> rest;
      for (const auto& x : messages)
        if (auto found = broker_names.find(x.topic); found != broker_names.end())
          internal.push_back({{found->second, x.partition.value()}, x.time.ms, x.key, x.value});
        else
          rest.push_back(x);
      // First, as it may have to be tried again: readers know what comes twice.
      if (!internal.empty())
        if (auto added = memory->append(internal, room_limit); !added)
          return added;
      std::lock_guard guard{*lock};
      return rest.empty() || !others ? expected<void>{} : others(rest);
    }
    std::lock_guard guard{*lock};
    return others ? others(messages) : expected<void>{};
  };
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
  topic_planner planner{*plan, *source, options};
  for (const auto& topic : options.topics)
    if (auto added = planner.add(topic); !added)
      return tl::unexpected<error>(added.error());
  for (auto& [broker_name, topic] : plan->topics)
    if (auto known = find_known_sources(topic, broker_name, *source, store); !known)
      return tl::unexpected<error>(known.error());
  plan->store = &store;
  plan->writer = unique_writer();
  plan->checkpoint_every = options.checkpoint_every;
  plan->until_end = options.until_end;
  plan->silent_member_kept = options.silent_member_kept;
  plan->start = options.start;
  plan->memory = options.memory;
  plan->side_messages = route_messages(options.memory, plan->topics, std::move(options.side_messages));
  plan->taken_in = std::move(options.taken_in);
  plan->raised = std::move(options.raised);
  plan->sinks = std::move(options.sinks);
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
