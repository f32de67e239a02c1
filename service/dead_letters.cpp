#include "service/dead_letters.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "service/interrupt.hpp"
#include "service/side_messages.hpp"
#include "transport/topic_reader.hpp"

namespace throng::service {

namespace {

constexpr std::chrono::milliseconds patience{200};
constexpr int most_silences = 150; // half a minute
constexpr std::string_view id_header = "replay_id";

std::string header(const transport::header_list& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name)
      return value;
  return {};
}

/// All that a topic holds now, from a time on.
template <class F>
expected<void> each_message(const config::settings& settings, const std::string& topic, std::int64_t from_ms, F f) {
  transport::topic_reader::choice what;
  if (from_ms > 0)
    what.from = {transport::start_offset::where::time, from_ms};
  auto reader = transport::topic_reader::open(settings.kafka, topic, what);
  if (!reader)
    return tl::unexpected{reader.error()};
  for (int silences = 0; !(*reader)->done() && !interrupted();) {
    auto message = (*reader)->next(patience);
    if (!message)
      return tl::unexpected{message.error()};
    if (*message)
      f(std::move(**message));
    else if (!(*reader)->done() && ++silences == most_silences)
      return fail(error_kind::timed_out, fmt::format("topic {}: its brokers have said nothing for long", topic), true);
  }
  return {};
}

class dead_letter_source final : public replay_source {
public:
  explicit dead_letter_source(std::vector<replayed> letters)
      : letters_(std::move(letters)) {}
  expected<std::optional<replayed>> next() override {
    return at_ == letters_.size() ? std::nullopt : std::optional{std::move(letters_[at_++])};
  }
  bool done() const override {
    return at_ == letters_.size();
  }

private:
  std::vector<replayed> letters_;
  std::size_t at_ = 0;
};

} // namespace

expected<std::unique_ptr<replay_source>> open_dead_letters(const config::settings& settings,
                                                           const dead_letter_choice& choice) {
  if (settings.kafka.embedded())
    return fail(error_kind::invalid,
                "replay --from-dead-letter reads a cluster's topic: name it with --brokers HOST:PORT");
  struct letter {
    replayed message;
    std::string id;
  };
  std::vector<letter> letters;
  std::set<std::string> ids; // the topic is at-least-once
  std::size_t cut = 0;
  std::size_t refused = 0;
  std::map<std::string, std::int64_t> oldest; // by topic: no replay stands before its original
  auto read =
      each_message(settings, settings.topics.prefix + "analytics.dead_letter", 0, [&](transport::record&& found) {
        if (header(found.headers, "reason") == refused_reason) {
          ++refused;
          return;
        }
        auto pipeline = header(found.headers, "pipeline");
        auto id = header(found.headers, "id");
        auto topic = settings.topics.prefix + header(found.headers, "source_topic");
        if (id.empty() || topic.size() == settings.topics.prefix.size() ||
            (!choice.pipeline.empty() && pipeline != choice.pipeline) ||
            (!choice.reason.empty() && header(found.headers, "reason") != choice.reason) || !ids.insert(id).second)
          return;
        if (!header(found.headers, cut_header).empty()) {
          ++cut;
          return;
        }
        auto time = std::max<std::int64_t>(0, found.timestamp_ms);
        auto [known, is_new] = oldest.try_emplace(topic, time);
        known->second = std::min(known->second, time);
        // Its key is null where it was empty: the topic of dead letters does not tell them apart.
        auto key = found.key && !found.key->empty() ? std::move(found.key) : std::nullopt;
        letters.push_back({{topic,
                            std::move(key),
                            std::move(found.value),
                            -1,
                            {{"replay_for", pipeline}, {std::string{id_header}, id}}},
                           id});
      });
  if (!read)
    return tl::unexpected{read.error()};
  if (cut > 0)
    spdlog::warn(
        "{} dead letters are left out: they are only the beginning of messages that were too long to be passed on "
        "whole (header {}); these still stand at their source_topic, source_partition and source_offset",
        cut, cut_header);
  if (refused > 0)
    spdlog::warn(
        "{} dead letters are left out: a sink's server has refused them (reason {}), the pipeline has not, and "
        "would count them twice",
        refused, refused_reason);
  std::set<std::string> there;
  for (const auto& [topic, from] : oldest)
    if (auto seen = each_message(settings, topic, from,
                                 [&](transport::record&& found) {
                                   if (auto id = header(found.headers, id_header); !id.empty())
                                     there.insert(id);
                                 });
        !seen)
      return tl::unexpected{seen.error()};
  std::vector<replayed> left;
  for (auto& each : letters)
    if (!there.contains(each.id))
      left.push_back(std::move(each.message));
  return std::make_unique<dead_letter_source>(std::move(left));
}

} // namespace throng::service
