#include "transport/topics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include <fmt/format.h>

#include "transport/cluster_client.hpp"
#include "transport/kafka_error.hpp"

namespace throng::transport {

namespace {

using std::chrono::milliseconds;
using metadata_topic = struct rd_kafka_metadata_topic;
using delete_topic_owner = c_owner<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using delete_records_owner = c_owner<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;
using config_owner = c_owner<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

template <class Owner>
std::vector<typename Owner::pointer> raw(const std::vector<Owner>& owners) {
  std::vector<typename Owner::pointer> out;
  out.reserve(owners.size());
  for (const auto& each : owners)
    out.push_back(each.get());
  return out;
}

const metadata_topic* find(const metadata_owner& in, const std::string& name) {
  const metadata_topic* const begin = in->topics;
  const auto* const end = begin + in->topic_cnt;
  const auto* const found = std::find_if(begin, end, [&](const auto& topic) { return name == topic.topic; });
  return found == end || found->partition_cnt == 0 ? nullptr : found;
}

expected<topic_description> describe(cluster_client& asker, const metadata_topic& found, bool with_bounds) {
  topic_description topic;
  topic.name = found.topic;
  topic.partitions = found.partition_cnt;
  if (found.partition_cnt > 0)
    topic.replication = static_cast<std::int16_t>(found.partitions[0].replica_cnt);
  for (std::int32_t partition = 0; with_bounds && partition < found.partition_cnt; ++partition) {
    const auto bounds = asker.bounds(topic.name, partition);
    if (!bounds)
      return tl::unexpected(bounds.error());
    topic.bounds.push_back(*bounds);
  }
  return topic;
}

/// A client, and all topics that it was told of.
struct asked_cluster {
  std::unique_ptr<cluster_client> asker;
  metadata_owner metadata;
};

expected<asked_cluster> ask_for_topics(const config::kafka_settings& settings, milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  auto metadata = (*asker)->metadata();
  if (!metadata)
    return tl::unexpected(metadata.error());
  return asked_cluster{std::move(*asker), std::move(*metadata)};
}

error missing(const std::string& name, const config::kafka_settings& at) {
  return {error_kind::not_found, fmt::format("there is no topic \"{}\" at {}", name, at.brokers), false};
}

/// What went wrong with one topic of several, in the broker's words.
error refusal(const rd_kafka_topic_result_t& result, std::string_view what) {
  const auto* text = rd_kafka_topic_result_error_string(&result);
  return make_error(rd_kafka_topic_result_error(&result),
                    fmt::format("topic \"{}\" {}", rd_kafka_topic_result_name(&result), what),
                    text == nullptr ? "" : text);
}

/// Asks for topics to be made; returns the names of those that were.
/// @param may_be_there somebody else may have made one meanwhile, which is then left out
expected<std::vector<std::string>> create(cluster_client& asker, const std::vector<topic_plan>& plans,
                                          bool may_be_there) {
  std::vector<new_topic_owner> topics;
  std::array<char, 256> text{};
  for (const auto& plan : plans) {
    topics.emplace_back(
        rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication, text.data(), text.size()));
    if (!topics.back())
      return fail(error_kind::invalid, fmt::format("topic \"{}\": {}", plan.name, text.data()));
    for (const auto& [name, value] : plan.properties)
      rd_kafka_NewTopic_set_config(topics.back().get(), name.c_str(), value.c_str());
  }
  auto asked = raw(topics);
  const auto answer =
      asker.ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, "topics can't be made", [&](const auto* options, auto* queue) {
        rd_kafka_CreateTopics(asker.client(), asked.data(), asked.size(), options, queue);
      });
  if (!answer)
    return tl::unexpected(answer.error());
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer->get()), &count);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    const std::string name = rd_kafka_topic_result_name(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      made.push_back(name);
    } else if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS && may_be_there) {
      continue;
    } else {
      const auto plan = std::find_if(plans.begin(), plans.end(), [&](const auto& p) { return p.name == name; });
      return tl::unexpected(refusal(*results[i], fmt::format("with {} partitions and replication {} can't be made",
                                                             plan->partitions, plan->replication)));
    }
  }
  return made;
}

/// Every property that holds for a topic: set for it, or the cluster's.
struct topic_property {
  std::string name;
  std::string value;
  bool of_topic = false;
};

expected<std::vector<topic_property>> properties_of(cluster_client& asker, const std::string& topic) {
  const config_owner asked{rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str())};
  auto* one = asked.get();
  const auto what = fmt::format("the properties of topic \"{}\" can't be read", topic);
  const auto answer = asker.ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, [&](const auto* options, auto* queue) {
    rd_kafka_DescribeConfigs(asker.client(), &one, 1, options, queue);
  });
  if (!answer)
    return tl::unexpected(answer.error());
  std::size_t count = 0;
  const auto* const* found =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer->get()), &count);
  std::vector<topic_property> all;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto code = rd_kafka_ConfigResource_error(found[i]); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(make_error(code, what));
    std::size_t entries = 0;
    const auto* const* entry = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (std::size_t e = 0; e < entries; ++e)
      if (const auto* value = rd_kafka_ConfigEntry_value(entry[e]))
        all.push_back({rd_kafka_ConfigEntry_name(entry[e]), value,
                       rd_kafka_ConfigEntry_source(entry[e]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG});
  }
  return all;
}

expected<topic_properties> properties_set(cluster_client& asker, const std::string& topic) {
  auto all = properties_of(asker, topic);
  if (!all)
    return tl::unexpected(all.error());
  topic_properties set;
  for (auto& [name, value, of_topic] : *all)
    if (of_topic)
      set.emplace_back(std::move(name), std::move(value));
  std::sort(set.begin(), set.end());
  return set;
}

} // namespace

expected<std::vector<topic_description>> list_topics(const config::kafka_settings& settings, bool with_bounds,
                                                     milliseconds limit) {
  const auto cluster = ask_for_topics(settings, limit);
  if (!cluster)
    return tl::unexpected(cluster.error());
  const auto& [asker, metadata] = *cluster;
  std::vector<topic_description> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    auto topic = describe(*asker, metadata->topics[i], with_bounds);
    if (!topic)
      return tl::unexpected(topic.error());
    topics.push_back(std::move(*topic));
  }
  std::sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return topics;
}

expected<std::vector<topic_description>> find_topics(const config::kafka_settings& settings,
                                                     const std::vector<std::string>& names, milliseconds limit) {
  const auto cluster = ask_for_topics(settings, limit);
  if (!cluster)
    return tl::unexpected(cluster.error());
  const auto& [asker, metadata] = *cluster;
  std::vector<topic_description> topics;
  for (const auto& name : names)
    if (const auto* found = find(metadata, name)) {
      auto topic = describe(*asker, *found, true);
      if (!topic)
        return tl::unexpected(topic.error());
      topics.push_back(std::move(*topic));
    }
  return topics;
}

expected<std::vector<topic_details>> describe_topics(const config::kafka_settings& settings,
                                                     const std::vector<std::string>& names, milliseconds limit) {
  const auto cluster = ask_for_topics(settings, limit);
  if (!cluster)
    return tl::unexpected(cluster.error());
  const auto& [asker, metadata] = *cluster;
  std::vector<topic_details> out;
  for (const auto& name : names) {
    const auto* found = find(metadata, name);
    if (found == nullptr)
      return tl::unexpected(missing(name, settings));
    auto topic = describe(*asker, *found, true);
    if (!topic)
      return tl::unexpected(topic.error());
    auto set = properties_set(*asker, name);
    if (!set)
      return tl::unexpected(set.error());
    topic_details details{std::move(*topic), {}, std::move(*set)};
    details.replicas.resize(static_cast<std::size_t>(found->partition_cnt));
    for (int i = 0; i < found->partition_cnt; ++i) { // not always by rising id
      const auto& of = found->partitions[i];
      details.replicas.at(static_cast<std::size_t>(of.id)) = {
          of.leader, {of.replicas, of.replicas + of.replica_cnt}, {of.isrs, of.isrs + of.isr_cnt}};
    }
    out.push_back(std::move(details));
  }
  return out;
}

expected<std::optional<std::int64_t>> least_of_property(const config::kafka_settings& settings,
                                                        const std::vector<std::string>& names,
                                                        const std::string& property, milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  std::optional<std::int64_t> least;
  for (const auto& name : names) {
    const auto all = properties_of(**asker, name);
    // One that has just been made may be unknown yet to the broker that is asked.
    if (!all && (all.error().kind == error_kind::denied || all.error().kind == error_kind::not_found))
      continue;
    if (!all)
      return tl::unexpected(all.error());
    for (const auto& found : *all) {
      std::int64_t value = 0;
      const auto* end = found.value.data() + found.value.size();
      if (found.name == property && std::from_chars(found.value.data(), end, value).ec == std::errc{})
        least = std::min(least.value_or(value), value);
    }
  }
  return least;
}

expected<void> check_partitions(const topic_description& topic, const config::topic_settings& wanted) {
  if (topic.partitions == wanted.partitions)
    return {};
  return fail(error_kind::conflict, fmt::format("topic \"{}\" has {} partitions, not the {} of topics.partitions: set "
                                                "that or another topics.prefix",
                                                topic.name, topic.partitions, wanted.partitions));
}

expected<std::vector<std::string>> create_missing(const config::kafka_settings& settings,
                                                  const config::topic_settings& topics,
                                                  const std::vector<std::string>& names, milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  std::vector<std::string> made;
  for (;;) {
    const auto metadata = (*asker)->metadata();
    if (!metadata)
      return tl::unexpected(metadata.error());
    std::vector<std::string> absent;
    for (const auto& name : names) {
      const auto* const found = find(*metadata, name);
      if (found == nullptr)
        absent.push_back(name);
      else if (auto fits = check_partitions({name, found->partition_cnt, 0, {}}, topics); !fits)
        return tl::unexpected(fits.error());
    }
    if (absent.empty())
      return made;
    if ((*asker)->is_over())
      return fail(error_kind::timed_out,
                  fmt::format("topic \"{}\" was made, but {} does not show it within {} ms", absent.front(),
                              settings.brokers, limit.count()),
                  true);
    // Those made in the round before are on their way to every broker: only what nobody has made is asked for.
    std::vector<topic_plan> plans;
    for (const auto& name : absent)
      if (std::find(made.begin(), made.end(), name) == made.end())
        // A world of last January must not be deleted by its age while it is being written (semantics.md 1).
        plans.push_back({name,
                         topics.partitions,
                         topics.replication,
                         {{"retention.ms", "-1"}, {"retention.bytes", std::to_string(topics.retention_bytes)}}});
    if (plans.empty())
      continue;
    auto created = create(**asker, plans, true);
    if (!created)
      return tl::unexpected(created.error());
    made.insert(made.end(), created->begin(), created->end());
  }
}

expected<void> create_topics(const config::kafka_settings& settings, const std::vector<topic_plan>& topics,
                             milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  return create(**asker, topics, false).map([](const auto&) {});
}

expected<void> delete_topics(const config::kafka_settings& settings, const std::vector<std::string>& names,
                             milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  std::vector<delete_topic_owner> topics;
  topics.reserve(names.size());
  for (const auto& name : names)
    topics.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
  auto asked = raw(topics);
  const auto answer =
      (*asker)->ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, "topics can't be deleted", [&](const auto* options, auto* queue) {
        rd_kafka_DeleteTopics((*asker)->client(), asked.data(), asked.size(), options, queue);
      });
  if (!answer)
    return tl::unexpected(answer.error());
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      return tl::unexpected(missing(rd_kafka_topic_result_name(results[i]), settings));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(refusal(*results[i], "can't be deleted"));
  }
  return {};
}

expected<void> empty_topic(const config::kafka_settings& settings, const std::string& name, milliseconds limit) {
  auto asker = cluster_client::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  const auto metadata = (*asker)->metadata();
  if (!metadata)
    return tl::unexpected(metadata.error());
  const auto* const found = find(*metadata, name);
  if (found == nullptr)
    return tl::unexpected(missing(name, settings));
  const partition_list_owner all{rd_kafka_topic_partition_list_new(found->partition_cnt)};
  for (std::int32_t i = 0; i < found->partition_cnt; ++i)
    rd_kafka_topic_partition_list_add(all.get(), name.c_str(), i)->offset = RD_KAFKA_OFFSET_END;
  const delete_records_owner wanted{rd_kafka_DeleteRecords_new(all.get())};
  auto* one = wanted.get();
  const auto what = fmt::format("messages of topic \"{}\" can't be deleted", name);
  std::optional<error> unanswered;
  const auto code = asked_of_the_leader((*asker)->client(), name, limit, [&](int) {
    const auto answer = (*asker)->ask(RD_KAFKA_ADMIN_OP_DELETERECORDS, what, [&](const auto* options, auto* queue) {
      rd_kafka_DeleteRecords((*asker)->client(), &one, 1, options, queue);
    });
    if (!answer) {
      unanswered = answer.error();
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const auto* done = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer->get()));
    for (int i = 0; i < done->cnt; ++i)
      if (done->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return done->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  });
  if (unanswered)
    return tl::unexpected(std::move(*unanswered));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, what));
  return {};
}

} // namespace throng::transport
