#include "service/internal_topics.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "analytics/event_sink.hpp"
#include "storage/owner_checkpoints.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

std::string internal_name(const analytics::pipeline_plan& plan, const std::string& prefix) {
  return prefix + analytics::internal_topic(plan.definition().name);
}

} // namespace

std::string topic_of_results(const analytics::pipeline_plan& plan, const std::string& prefix) {
  return plan.rekeys() ? internal_name(plan, prefix) : prefix + plan.definition().source;
}

std::vector<std::string> owners_of(const analytics::pipeline_plan& plan) {
  const auto& definition = plan.definition();
  std::vector<std::string> owners{definition.name};
  if (plan.rekeys())
    for (const auto& topic : plan.topics_read())
      owners.push_back(analytics::rekeyer_owner(definition.name, topic));
  for (const auto& sink : definition.sinks)
    owners.push_back(analytics::sink_owner(definition, sink));
  return owners;
}

expected<bool> has_checkpoint(const analytics::pipeline_plan& plan, storage::result_store& store) {
  const auto& definition = plan.definition();
  std::vector<std::pair<std::string, std::string>> halves{{definition.name, definition.source}};
  if (plan.rekeys()) {
    halves = {{definition.name, analytics::internal_topic(definition.name)}};
    for (const auto& topic : plan.topics_read())
      halves.emplace_back(analytics::rekeyer_owner(definition.name, topic), topic);
  }
  for (const auto& [owner, topic] : halves) {
    auto known = storage::known_source(store, owner, topic);
    if (!known)
      return tl::unexpected{known.error()};
    if (*known)
      return true;
  }
  return false;
}

expected<std::shared_ptr<transport::memory_topics>> keep_in_memory(std::unique_ptr<transport::consumer>& source,
                                                                   const std::vector<plan_ptr>& plans,
                                                                   const std::string& prefix) {
  std::vector<transport::memory_topic> wanted;
  for (const auto& plan : plans) {
    if (!plan->rekeys())
      continue;
    auto from = prefix + plan->definition().source;
    auto partitions = source->partitions(from);
    if (!partitions)
      return tl::unexpected{partitions.error()};
    wanted.push_back({internal_name(*plan, prefix), std::move(from), *partitions});
  }
  if (wanted.empty())
    return nullptr;
  auto made = std::make_shared<transport::memory_topics>(std::move(wanted));
  source = transport::with_memory_topics(std::move(source), made);
  return made;
}

expected<std::vector<std::string>> make_internal_topics(const config::settings& settings,
                                                        const std::vector<plan_ptr>& plans) {
  std::vector<std::string> names;
  if (std::none_of(plans.begin(), plans.end(), [](const plan_ptr& plan) { return plan->rekeys(); }))
    return names;
  auto there = transport::list_topics(settings.kafka, false);
  if (!there)
    return tl::unexpected{there.error()};
  for (const auto& plan : plans) {
    if (!plan->rekeys())
      continue;
    auto from = settings.topics.prefix + plan->definition().source;
    auto source = std::find_if(there->begin(), there->end(), [&](const auto& topic) { return topic.name == from; });
    if (source == there->end())
      return fail(error_kind::not_found, fmt::format("{} has no topic \"{}\", which pipeline {} reads",
                                                     settings.kafka.brokers, from, plan->definition().name));
    auto like = settings.topics;
    like.partitions = source->partitions;
    auto made = transport::create_missing(settings.kafka, like, {internal_name(*plan, settings.topics.prefix)});
    if (!made)
      return tl::unexpected{made.error()};
    for (const auto& name : *made)
      spdlog::info("made topic {} with {} partitions", name, like.partitions);
    names.push_back(internal_name(*plan, settings.topics.prefix));
  }
  return names;
}

expected<void> empty_unused_topics(const config::settings& settings, const std::vector<plan_ptr>& plans,
                                   storage::result_store& store) {
  for (const auto& plan : plans) {
    if (!plan->rekeys())
      continue;
    auto known = has_checkpoint(*plan, store);
    if (!known)
      return tl::unexpected{known.error()};
    if (*known)
      continue;
    if (auto emptied = transport::empty_topic(settings.kafka, internal_name(*plan, settings.topics.prefix)); !emptied)
      return emptied;
  }
  return {};
}

} // namespace throng::service
