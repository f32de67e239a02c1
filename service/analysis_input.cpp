#include "service/analysis_input.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "service/command_line.hpp"
#include "service/interrupt.hpp"
#include "simulation/world.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

constexpr std::int32_t files_partitions = 4;

/// The key field of a topic that Throng's own worlds write; empty for others.
std::string key_of_topic(const std::string& name) {
  for (auto topic : simulation::all_topics)
    if (simulation::name(topic) == name)
      return std::string{simulation::key_field(topic)};
  return {};
}

/// What plans and records ask of topics whose messages have no Kafka key: by which field they are split.
std::vector<transport::file_topic> keyed_topics(const input_choice& choice, const std::vector<plan_ptr>& plans) {
  std::vector<transport::file_topic> topics;
  auto add = [&](const std::string& topic, const std::string& key, std::size_t longest) {
    auto known = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.topic == topic; });
    if (known == topics.end())
      topics.push_back({topic, key, longest});
    else
      known->longest_message = std::max(known->longest_message, longest);
  };
  for (const auto& plan : plans) {
    const auto& definition = plan->definition();
    add(definition.source, definition.key, definition.max_message);
    if (const auto& join = definition.join)
      add(join->with, join->key.empty() ? join->on : join->key, definition.max_message);
  }
  for (const auto& topic : choice.record)
    add(topic, key_of_topic(topic), config::pipeline{}.max_message);
  return topics;
}

/// Whether what pipelines write `to` topics has somewhere to go.
expected<void> check_outputs(const input_choice& choice, const std::vector<plan_ptr>& plans) {
  const auto kafka = choice.from == "kafka";
  const auto written = named_topics(plans);
  if (kafka && !choice.output.empty())
    return fail(error_kind::invalid,
                "--output goes with files and standard input: with Kafka, pipelines write topics of the cluster");
  if (!kafka && !written.empty() && choice.output.empty())
    return fail(error_kind::invalid, fmt::format("a pipeline writes to the topic {}, and no cluster takes it: name a "
                                                 "folder for its file with --output DIR",
                                                 written.front()));
  for (const auto& plan : plans)
    for (const auto& source : plan->topics_read())
      if (!kafka && std::find(written.begin(), written.end(), source) != written.end())
        return fail(error_kind::invalid,
                    fmt::format("pipeline {} reads {}, which another one writes: from files, analyse "
                                "one after the other, the second --from file:DIR of --output DIR",
                                plan->definition().name, source));
  return {};
}

} // namespace

void input_choice::add_to(CLI::App& command) {
  command
      .add_option("--from", from, "kafka, file:DIR (DIR/TOPIC.ndjson, .gz and .zst too) or stdin (lines of one topic)")
      ->check(can_be({"kafka", "file:", "stdin"}))
      ->capture_default_str();
  command
      .add_option("--partitions", partitions,
                  "Into how many partitions a file (4) or standard input (1) is split by its key")
      ->check(CLI::Range(1, 10'000));
  command.add_option("--consumer-group", group, "Name of the group; default throng. and the pipelines' names");
  command
      .add_option("--record", record,
                  "Keep the books, entities and labels of this topic too, for audit and score (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--rejects", rejects, "A folder for late messages and dead letters (not with Kafka)");
  command.add_option("--output", output,
                     "A folder for the topics that pipelines write, as TOPIC.records.ndjson (not with Kafka)");
}

std::optional<std::string> input_choice::folder() const {
  constexpr std::string_view prefix = "file:";
  if (!from.starts_with(prefix) || from.size() == prefix.size())
    return std::nullopt;
  return from.substr(prefix.size());
}

std::vector<actors::watched_topic> watched_topics(const input_choice& choice, const std::vector<plan_ptr>& plans,
                                                  const std::string& prefix) {
  std::vector<actors::watched_topic> topics;
  auto topic_named = [&](const std::string& name) -> actors::watched_topic& {
    auto known = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == name; });
    return known != topics.end() ? *known : topics.emplace_back(actors::watched_topic{name, prefix + name, {}, {}});
  };
  for (const auto& plan : plans)
    for (const auto& topic : plan->topics_read())
      topic_named(topic).pipelines.push_back(plan);
  for (const auto& name : choice.record)
    topic_named(name).recorder = analytics::recorder_options{choice.group};
  return topics;
}

expected<std::unique_ptr<analysis_input>>
analysis_input::open(const input_choice& choice, const config::settings& settings, const std::vector<plan_ptr>& plans) {
  std::unique_ptr<analysis_input> made{new analysis_input};
  auto folder = choice.folder();
  if (!folder && !choice.is_stream() && choice.from != "kafka")
    return fail(error_kind::invalid, fmt::format("--from {}: must be kafka, file:DIR or stdin", choice.from));
  if (auto checked = check_outputs(choice, plans); !checked)
    return tl::unexpected{checked.error()};
  auto opened = folder               ? made->open_files(choice, *folder, plans)
                : choice.is_stream() ? made->open_stream(choice, plans)
                                     : made->open_kafka(choice, settings, plans);
  if (!opened)
    return tl::unexpected{opened.error()};
  if (choice.from == "kafka")
    return made;
  auto memory = keep_in_memory(made->source, plans, "");
  if (!memory)
    return tl::unexpected{memory.error()};
  made->memory = std::move(*memory);
  return made;
}

expected<std::unique_ptr<transport::consumer>>
analysis_input::open_beside(const input_choice& choice, const config::settings& settings,
                            const std::vector<plan_ptr>& plans, const std::string& topic, const std::string& group) {
  const auto folder = choice.folder();
  if (!folder)
    return transport::make_group_consumer(settings.kafka,
                                          {choice.group + "." + group, {settings.topics.prefix + topic}});
  // Split as all others see it.
  auto topics = keyed_topics(choice, plans);
  std::erase_if(topics, [&](const auto& each) { return each.topic != topic; });
  return transport::make_file_consumer(*folder, std::move(topics), choice.partitions.value_or(files_partitions));
}

expected<void> analysis_input::open_files(const input_choice& choice, const std::string& folder,
                                          const std::vector<plan_ptr>& plans) {
  auto opened =
      transport::make_file_consumer(folder, keyed_topics(choice, plans), choice.partitions.value_or(files_partitions));
  if (!opened)
    return tl::unexpected{opened.error()};
  source = std::move(*opened);
  return open_rejects(choice.rejects);
}

expected<void> analysis_input::open_stream(const input_choice& choice, const std::vector<plan_ptr>& plans) {
  auto topics = keyed_topics(choice, plans);
  if (topics.size() != 1)
    return fail(
        error_kind::invalid,
        fmt::format("--from stdin is one topic, and these pipelines read {} and {}: give pipelines of one source",
                    topics[0].topic, topics[1].topic));
  if (isatty(STDIN_FILENO) != 0)
    return fail(error_kind::invalid, "--from stdin: standard input is a terminal; pipe a file or a program into it");
  stream_ = true;
  transport::stream_watch watch;
  watch.stopped = interrupted;
  watch.ended = [this](std::map<transport::topic_partition, std::int64_t> ends) {
    std::lock_guard guard{mutex_};
    ends_ = std::move(ends);
  };
  // One, since a stream has one order, and groups that are of several keys then come in one piece.
  auto opened = transport::make_stream_consumer(STDIN_FILENO, std::move(topics.front()), choice.partitions.value_or(1),
                                                std::move(watch));
  if (!opened)
    return tl::unexpected{opened.error()};
  source = std::move(*opened);
  return open_rejects(choice.rejects);
}

expected<void> analysis_input::open_kafka(const input_choice& choice, const config::settings& settings,
                                          const std::vector<plan_ptr>& plans) {
  if (settings.kafka.embedded())
    return fail(error_kind::invalid,
                "analyze reads a real cluster, files or standard input: name one with --brokers "
                "HOST:PORT, --from file:DIR or --from stdin (the embedded cluster lives only inside "
                "throng run)");
  if (!choice.rejects.empty())
    return fail(error_kind::invalid, "--rejects goes with files and standard input: with Kafka, late messages and dead "
                                     "letters go to the topics analytics.late and analytics.dead_letter");
  std::set<std::string> topics;
  for (const auto& plan : plans)
    for (const auto& topic : plan->topics_read())
      topics.insert(settings.topics.prefix + topic);
  for (const auto& topic : choice.record)
    topics.insert(settings.topics.prefix + topic);
  std::vector<std::string> written;
  for (const auto& name : analysis_topics())
    written.push_back(settings.topics.prefix + name);
  auto made = transport::create_missing(settings.kafka, settings.topics, written);
  if (!made)
    return tl::unexpected{made.error()};
  auto named = make_named_topics(settings, plans); // before they are read, if another pipeline does
  if (!named)
    return tl::unexpected{named.error()};
  auto internal = make_internal_topics(settings, plans);
  if (!internal)
    return tl::unexpected{internal.error()};
  topics.insert(internal->begin(), internal->end());
  auto opened = transport::make_group_consumer(settings.kafka, {choice.group, {topics.begin(), topics.end()}});
  if (!opened)
    return tl::unexpected{opened.error()};
  source = std::move(*opened);
  auto sink = send_side_messages(settings, nullptr, std::move(*named));
  if (!sink)
    return tl::unexpected{sink.error()};
  side_messages = std::move(*sink);
  return {};
}

expected<void> analysis_input::open_rejects(const std::string& folder) {
  auto made = message_folders::make(folder);
  if (!made)
    return tl::unexpected{made.error()};
  folders_ = std::move(*made);
  side_messages = folders_->sink();
  return {};
}

expected<void> analysis_input::open_tables(const input_choice& choice, const config::settings& settings,
                                           lookup_files& into) {
  return into.open_tables([&](const config::enrichment& table) -> expected<std::unique_ptr<table_topic>> {
    if (auto folder = choice.folder())
      return table_topic::from_file(*folder, table);
    if (choice.from == "kafka")
      return table_topic::from_kafka(settings, table);
    return fail(error_kind::invalid,
                fmt::format("--from stdin is one topic, and a pipeline enriches its events from {} too", table.topic));
  });
}

expected<void> analysis_input::open_output(const input_choice& choice, const std::vector<plan_ptr>& plans,
                                           storage::result_store& store, bool reset) {
  if (folders_ == nullptr || choice.output.empty())
    return {};
  const auto partitions = choice.partitions.value_or(stream_ ? 1 : files_partitions);
  return folders_->open_topics(choice.output, partitions, plans, store, reset);
}

std::optional<std::map<transport::topic_partition, std::int64_t>> analysis_input::take_stream_ends() {
  std::lock_guard guard{mutex_};
  return std::exchange(ends_, std::nullopt);
}

expected<void> analysis_input::finish() {
  return folders_ != nullptr ? folders_->finish() : expected<void>{};
}

} // namespace throng::service
