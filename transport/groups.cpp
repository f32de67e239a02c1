#include "transport/groups.hpp"

#include <map>
#include <tuple>

#include <fmt/format.h>

#include "transport/cluster_client.hpp"
#include "transport/kafka_error.hpp"

namespace throng::transport {

namespace {

using offsets_owner = c_owner<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>;

tl::unexpected<error> refused(const rd_kafka_error_t* why, std::string_view what) {
  return tl::unexpected(make_error(rd_kafka_error_code(why), what, rd_kafka_error_string(why)));
}

expected<std::vector<std::string>> all_groups(cluster_client& asker) {
  const auto answer =
      asker.ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, "groups can't be listed",
                [&](const auto* options, auto* queue) { rd_kafka_ListConsumerGroups(asker.client(), options, queue); });
  if (!answer)
    return tl::unexpected(answer.error());
  const auto* const found = rd_kafka_event_ListConsumerGroups_result(answer->get());
  std::size_t count = 0;
  const auto* const* errors = rd_kafka_ListConsumerGroups_result_errors(found, &count);
  if (count > 0)
    return refused(errors[0], "groups can't be listed");
  const auto* const* listing = rd_kafka_ListConsumerGroups_result_valid(found, &count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    names.emplace_back(rd_kafka_ConsumerGroupListing_group_id(listing[i]));
  std::sort(names.begin(), names.end());
  return names;
}

using partition_map = std::map<topic_partition, group_partition>;

group_partition& place(partition_map& in, const rd_kafka_topic_partition_t& of) {
  topic_partition which{of.topic, of.partition};
  auto& found = in[which];
  found.which = std::move(which);
  return found;
}

/// State, members and what each of them reads.
expected<std::vector<group_description>> who_is_in(cluster_client& asker, const std::vector<std::string>& names,
                                                   std::map<std::string, partition_map>& partitions) {
  std::vector<const char*> asked;
  for (const auto& name : names)
    asked.push_back(name.c_str());
  const auto answer = asker.ask(
      RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, "groups can't be described", [&](const auto* options, auto* queue) {
        rd_kafka_DescribeConsumerGroups(asker.client(), asked.data(), asked.size(), options, queue);
      });
  if (!answer)
    return tl::unexpected(answer.error());
  std::size_t count = 0;
  const auto* const* groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(answer->get()), &count);
  std::vector<group_description> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* const group = groups[i];
    group_description described;
    described.name = rd_kafka_ConsumerGroupDescription_group_id(group);
    if (const auto* why = rd_kafka_ConsumerGroupDescription_error(group))
      return refused(why, fmt::format("group {} can't be described", described.name));
    described.state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group));
    described.members = rd_kafka_ConsumerGroupDescription_member_count(group);
    for (std::size_t m = 0; m < described.members; ++m) {
      const auto* const member = rd_kafka_ConsumerGroupDescription_member(group, m);
      const auto* const reads = rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(member));
      for (int p = 0; reads != nullptr && p < reads->cnt; ++p)
        place(partitions[described.name], reads->elems[p]).member = fmt::format(
            "{} at {}", rd_kafka_MemberDescription_client_id(member), rd_kafka_MemberDescription_host(member));
    }
    out.push_back(std::move(described));
  }
  return out;
}

expected<void> add_committed(cluster_client& asker, const std::string& group, partition_map& partitions) {
  const offsets_owner asked{rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr)};
  auto* one = asked.get();
  const auto what = fmt::format("the offsets of group {} can't be read", group);
  const auto answer =
      asker.ask(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, what, [&](const auto* options, auto* queue) {
        rd_kafka_ListConsumerGroupOffsets(asker.client(), &one, 1, options, queue);
      });
  if (!answer)
    return tl::unexpected(answer.error());
  std::size_t count = 0;
  const auto* const* found = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(answer->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* why = rd_kafka_group_result_error(found[i]))
      return refused(why, what);
    const auto* const offsets = rd_kafka_group_result_partitions(found[i]);
    for (int p = 0; offsets != nullptr && p < offsets->cnt; ++p)
      if (offsets->elems[p].offset >= 0)
        place(partitions, offsets->elems[p]).committed = offsets->elems[p].offset;
  }
  return {};
}

} // namespace

expected<std::vector<group_description>> describe_groups(const config::kafka_settings& settings,
                                                         const std::vector<std::string>& names,
                                                         std::chrono::milliseconds limit) {
  auto made = cluster_client::make(settings, limit);
  if (!made)
    return tl::unexpected(made.error());
  auto& asker = **made;
  const auto asked = names.empty() ? all_groups(asker) : expected<std::vector<std::string>>{names};
  if (!asked)
    return tl::unexpected(asked.error());
  if (asked->empty())
    return std::vector<group_description>{};
  std::map<std::string, partition_map> partitions;
  auto groups = who_is_in(asker, *asked, partitions);
  if (!groups)
    return tl::unexpected(groups.error());
  for (auto& group : *groups) {
    auto& of = partitions[group.name];
    if (auto added = add_committed(asker, group.name, of); !added)
      return tl::unexpected(added.error());
    if (!names.empty() && group.members == 0 && of.empty())
      return fail(error_kind::not_found, fmt::format("there is no group \"{}\" at {}", group.name, settings.brokers));
    for (auto& [which, each] : of) {
      const auto bounds = asker.bounds(which.topic, which.partition);
      if (!bounds)
        return tl::unexpected(bounds.error());
      std::tie(each.first, each.end) = *bounds;
      group.partitions.push_back(std::move(each));
    }
  }
  return groups;
}

} // namespace throng::transport
