#include "actors/kafka_sink.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "transport/flow_budget.hpp"
#include "transport/producer.hpp"
#include "transport/topics.hpp"

namespace throng::actors {

namespace {

/// A producer waits as long as it takes while the world runs; at its end a dead broker must not hold the program up.
constexpr std::chrono::seconds flush_limit{30};

transport::topic_partition place_of(const simulation::world& world, std::size_t run) {
  auto partitions = static_cast<std::size_t>(world.partitions());
  return {world.scenario().settings.topics.prefix +
              std::string{simulation::name(static_cast<simulation::topic>(run / partitions))},
          static_cast<std::int32_t>(run % partitions)};
}

class producing_sink : public kafka_sink {
public:
  producing_sink(const simulation::world& world, bool embedded)
      : kafka_(world.scenario().settings.kafka) {
    if (embedded)
      budget_.emplace(transport::default_flow_bytes, [this](const auto& where) { tell_room(where); });
    for (std::size_t run = 0; run < simulation::topic_count * static_cast<std::size_t>(world.partitions()); ++run)
      places_.push_back(place_of(world, run));
  }

  expected<void> open(const transport::embedded_cluster* cluster) {
    transport::producer::callbacks callbacks;
    callbacks.delivered = [this](const transport::topic_partition& where, std::size_t, std::size_t) {
      tell_room(where);
    };
    callbacks.failed = [this](const transport::topic_partition& where, const error& why) {
      if (auto to = listener_of(where); to.failed)
        to.failed(why);
    };
    return transport::producer::make(kafka_, cluster, std::move(callbacks))
        .map([this](std::unique_ptr<transport::producer>&& made) { producer_ = std::move(made); });
  }

  void listen(std::size_t run, listener to) override {
    std::scoped_lock lock{mutex_};
    listeners_[places_[run]] = std::move(to);
  }

  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>& owner) override {
    const auto& where = places_[run];
    auto granted = messages.size();
    if (budget_) {
      granted = 0;
      while (granted < messages.size() && budget_->try_take(where, size_of(messages[granted])))
        ++granted;
    }
    auto taken = producer_->produce(where, messages.first(granted), owner);
    if (budget_)
      for (auto i = taken; i < granted; ++i)
        budget_->release(where, size_of(messages[i]));
    return taken;
  }

  expected<void> finish() override {
    return producer_->settle(flush_limit); // who would have heard of the last messages' failure may have gone already
  }

  expected<std::map<transport::topic_partition, std::int64_t>> ends() override {
    std::map<transport::topic_partition, std::int64_t> result;
    for (const auto& place : places_)
      if (auto last = producer_->progress(place).last_offset; last >= 0)
        result[place] = last + 1;
    return result;
  }

  bool all_taken_in() const override {
    return std::all_of(places_.begin(), places_.end(),
                       [this](const auto& place) { return budget_ && budget_->in_flight(place) == 0; });
  }

  void taken_in(const transport::topic_partition& which, std::size_t bytes) override {
    if (budget_)
      budget_->release(which, bytes);
  }

private:
  static std::size_t size_of(const transport::outgoing& message) {
    return message.key.size() + message.value.size();
  }

  void tell_room(const transport::topic_partition& where) {
    if (auto to = listener_of(where); to.room)
      to.room();
  }

  listener listener_of(const transport::topic_partition& where) {
    std::scoped_lock lock{mutex_};
    auto found = listeners_.find(where);
    return found == listeners_.end() ? listener{} : found->second;
  }

  config::kafka_settings kafka_;
  std::optional<transport::flow_budget> budget_;   ///< of the embedded cluster
  std::vector<transport::topic_partition> places_; ///< by run
  std::mutex mutex_;
  std::map<transport::topic_partition, listener> listeners_;
  std::unique_ptr<transport::producer> producer_; ///< last: its thread calls the others until it is gone
};

} // namespace

expected<std::shared_ptr<kafka_sink>> make_kafka_sink(const simulation::world& world,
                                                      const transport::embedded_cluster* cluster) {
  auto sink = std::make_shared<producing_sink>(world, cluster != nullptr);
  if (auto opened = sink->open(cluster); !opened)
    return tl::unexpected{opened.error()};
  return sink;
}

namespace {

expected<std::vector<std::int64_t>> ends_now(const simulation::world& world) {
  const auto partitions = static_cast<std::size_t>(world.partitions());
  std::vector<std::int64_t> ends(simulation::topic_count * partitions, 0);
  const auto full_name = [&](auto ours) {
    return world.scenario().settings.topics.prefix + std::string{simulation::name(ours)};
  };
  std::vector<std::string> names;
  for (auto ours : world.topics())
    names.push_back(full_name(ours));
  // Ours alone: other topics of the cluster may be many, or closed to us, or just now without a leader.
  auto topics = transport::find_topics(world.scenario().settings.kafka, names);
  if (!topics)
    return tl::unexpected{topics.error()};
  for (auto ours : world.topics()) {
    const auto name = full_name(ours);
    const auto found =
        std::find_if(topics->begin(), topics->end(), [&](const auto& topic) { return topic.name == name; });
    if (found == topics->end())
      continue;
    if (found->bounds.size() != partitions)
      return fail(error_kind::conflict, fmt::format("topic {} has {} partitions, and the scenario asks for {}", name,
                                                    found->bounds.size(), partitions));
    for (std::size_t i = 0; i < partitions; ++i)
      ends[static_cast<std::size_t>(ours) * partitions + i] = found->bounds[i].second;
  }
  return ends;
}

} // namespace

expected<std::vector<std::int64_t>> topic_ends(const simulation::world& world, bool settled) {
  auto ends = ends_now(world);
  constexpr std::chrono::milliseconds pause{500};
  constexpr auto most_questions = 40;
  for (auto asked = 1; settled && ends; ++asked) {
    std::this_thread::sleep_for(pause);
    auto later = ends_now(world);
    if (!later || *later == *ends)
      return later;
    if (asked == most_questions)
      return fail(error_kind::conflict, "the world's topics are being written to: another run is at work in them");
    ends = std::move(later);
  }
  return ends;
}

} // namespace throng::actors
