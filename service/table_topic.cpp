#include "service/table_topic.hpp"

#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "transport/topic_file.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

/// Of one message of the table's topic.
constexpr std::size_t longest_row = 16U << 20U;
/// The last offsets of a partition may hold no message.
constexpr std::chrono::milliseconds last_message_limit{2'000};
/// So much more than a table may hold is read before `keep` is asked what to forget.
constexpr std::size_t most_bytes = 4 * analytics::greatest_lookup;

analytics::raw_message raw_of(const transport::record& of) {
  analytics::raw_message made;
  made.offset = of.offset;
  made.timestamp_ms = of.timestamp_ms;
  if (of.key)
    made.key = *of.key;
  if (of.value)
    made.value = *of.value;
  return made;
}

} // namespace

table_topic::table_topic(const config::enrichment& definition)
    : name_(definition.topic)
    , rows_(definition) {}

expected<void> table_topic::take(const analytics::raw_message& message) {
  if (auto wrong = rows_.take(message); !wrong)
    changed_ = true;
  else if (!std::exchange(told_, true))
    spdlog::warn("first message of the table {} that is no row, at offset {}: {}", name_, message.offset, *wrong);
  if (rows_.bytes() <= most_bytes)
    return {};
  auto made = rows_.table(); // forgets what `keep` lets go
  return made ? expected<void>{} : tl::unexpected{made.error()};
}

expected<std::unique_ptr<table_topic>> table_topic::from_file(const std::string& folder,
                                                              const config::enrichment& definition) {
  auto file = transport::topic_file::find(folder, definition.topic, definition.key_name(), longest_row, 1);
  if (!file)
    return tl::unexpected{file.error()};
  auto from = file->begin();
  if (!from)
    return tl::unexpected{from.error()};
  std::unique_ptr<table_topic> made{new table_topic{definition}};
  for (;;) {
    auto message = from->next();
    if (!message)
      return tl::unexpected{message.error()};
    if (!*message)
      break;
    if (auto taken = made->take({(*message)->offset, (*message)->timestamp_ms, (*message)->key, (*message)->value});
        !taken)
      return tl::unexpected{taken.error()};
  }
  auto table = made->rows_.table();
  if (!table)
    return tl::unexpected{table.error()};
  made->table_ = std::move(*table);
  made->changed_ = false;
  return made;
}

expected<std::unique_ptr<table_topic>> table_topic::from_kafka(const config::settings& settings,
                                                               const config::enrichment& definition) {
  std::unique_ptr<table_topic> made{new table_topic{definition}};
  if (auto read = made->read_to_end(settings, settings.topics.prefix + definition.topic); !read)
    return tl::unexpected{read.error()};
  auto table = made->rows_.table();
  if (!table)
    return tl::unexpected{table.error()};
  made->table_ = std::move(*table);
  made->changed_ = false;
  spdlog::info("read the table {}: {} rows", made->name_, made->table_->size());
  return made;
}

expected<void> table_topic::read_to_end(const config::settings& settings, const std::string& broker_name) {
  auto found = transport::find_topics(settings.kafka, {broker_name});
  if (!found)
    return tl::unexpected{found.error()};
  if (found->empty())
    return fail(error_kind::not_found, fmt::format("{} has no topic \"{}\", which a pipeline uses as a table",
                                                   settings.kafka.brokers, broker_name));
  std::map<std::int32_t, std::int64_t> left; ///< the end of each partition that is not read to it yet
  const auto& bounds = found->front().bounds;
  for (std::size_t i = 0; i < bounds.size(); ++i)
    if (bounds[i].first < bounds[i].second)
      left[static_cast<std::int32_t>(i)] = bounds[i].second;
  transport::topic_reader::choice all;
  all.from = {transport::start_offset::where::earliest, 0};
  all.follow = true;
  auto opened = transport::topic_reader::open(settings.kafka, broker_name, all);
  if (!opened)
    return tl::unexpected{opened.error()};
  reader_ = std::move(*opened);
  while (!left.empty()) {
    auto next = reader_->next(last_message_limit);
    if (!next)
      return tl::unexpected{next.error()};
    if (!*next)
      break;
    if (auto taken = take(raw_of(**next)); !taken)
      return taken;
    if (auto end = left.find((*next)->partition); end != left.end() && (*next)->offset + 1 >= end->second)
      left.erase(end);
  }
  return {};
}

const std::shared_ptr<const analytics::lookup_table>& table_topic::latest() {
  while (reader_ != nullptr) {
    auto next = reader_->next(std::chrono::milliseconds{0});
    auto taken = next && *next ? take(raw_of(**next)) : expected<void>{};
    if (!next || !taken) {
      spdlog::warn("the table {} stays as it is: {}", name_, (!next ? next.error() : taken.error()).message);
      reader_.reset();
    } else if (!*next) {
      break;
    }
  }
  if (!std::exchange(changed_, false))
    return table_;
  if (auto made = rows_.table())
    table_ = std::move(*made);
  else
    spdlog::warn("the table stays as it is: {}", made.error().message);
  return table_;
}

} // namespace throng::service
