#include "service/notifiers.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <unordered_set>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "config/severity.hpp"
#include "query/mutes.hpp"
#include "query/stored_fields.hpp"
#include "service/webhook.hpp"

namespace throng::service {

namespace {

/// Ids that are remembered, so that a repeat after a restart of a processor is not told again.
constexpr std::size_t remembered_alerts = 10'000;
/// How long webhooks may hold up the end.
constexpr std::chrono::seconds end_limit{10};
/// How long mutes that were read are taken for those that there are.
constexpr std::chrono::seconds mutes_last{1};

using query::text_at;

std::string header(const analytics::side_message& message, std::string_view name) {
  for (const auto& [key, value] : message.headers)
    if (key == name)
      return value;
  return {};
}

spdlog::level::level_enum level_of(config::severity severity) {
  return severity == config::severity::critical  ? spdlog::level::err
         : severity == config::severity::warning ? spdlog::level::warn
                                                 : spdlog::level::info;
}

} // namespace

struct notifiers::implementation {
  struct hook {
    config::severity least = config::severity::info;
    std::unique_ptr<webhook> to;
  };

  bool log = false;
  std::vector<hook> hooks;
  std::mutex mutex; ///< sinks are called by a store writer's thread, and writers may become several
  std::unordered_set<std::string> told;
  std::deque<std::string> told_in_order;
  std::uint64_t logged = 0;
  std::uint64_t repeated = 0;
  std::uint64_t muted = 0;
  storage::result_store* store = nullptr;
  query::mutes mutes;
  std::optional<std::chrono::steady_clock::time_point> mutes_read;

  /// Where the store can't say, the mutes are those that it said last: an alert too many is better than one too few.
  void read_mutes() {
    const auto now = std::chrono::steady_clock::now();
    if (mutes_read && now - *mutes_read < mutes_last)
      return;
    mutes_read = now;
    if (auto read = query::mutes::in(*store))
      mutes = std::move(*read);
    else
      spdlog::warn("mutes can not be read, those known before hold: {}", read.error().message);
  }

  bool is_muted(const boost::json::object& alert) {
    read_mutes();
    const auto time = query::shown_time_at(alert, "time");
    return time && mutes.over({text_at(alert, "pipeline"), text_at(alert, "detector"), text_at(alert, "entity")},
                              *time) != nullptr;
  }

  bool is_new(const std::string& id) {
    if (!told.insert(id).second) {
      ++repeated;
      return false;
    }
    told_in_order.push_back(id);
    if (told_in_order.size() > remembered_alerts) {
      told.erase(told_in_order.front());
      told_in_order.pop_front();
    }
    return true;
  }

  void tell(const analytics::side_message& message) {
    auto id = header(message, "id");
    std::lock_guard guard{mutex};
    if (!is_new(id))
      return;
    boost::json::error_code failed;
    auto parsed = boost::json::parse(message.value, failed);
    if (failed || !parsed.is_object())
      return;
    const auto& alert = parsed.get_object();
    if (is_muted(alert)) {
      ++muted;
      return;
    }
    const auto named = text_at(alert, "severity");
    const auto severity = config::severity_named(named).value_or(config::severity::info);
    if (log) {
      ++logged;
      spdlog::log(level_of(severity), "alert {} {}: {} of {} at {}: {}", id, named, text_at(alert, "detector"),
                  text_at(alert, "entity"), text_at(alert, "time"), text_at(alert, "reason"));
    }
    for (auto& each : hooks)
      if (severity >= each.least)
        each.to->send(id, message.value);
  }
};

notifiers::notifiers()
    : impl_(std::make_unique<implementation>()) {}
notifiers::~notifiers() = default;

expected<std::unique_ptr<notifiers>> notifiers::start(const config::notify_settings& settings,
                                                      storage::result_store& mutes) {
  std::unique_ptr<notifiers> made{new notifiers};
  made->impl_->log = settings.log;
  made->impl_->store = &mutes;
  for (const auto& each : settings.webhooks) {
    webhook_options options;
    options.url = each.url;
    options.secret = each.secret;
    auto started = webhook::start(std::move(options));
    if (!started)
      return tl::unexpected{started.error()};
    made->impl_->hooks.push_back(
        {config::severity_named(each.severity).value_or(config::severity::info), std::move(*started)});
  }
  return made;
}

actors::side_message_sink notifiers::around(actors::side_message_sink inner) {
  if (!impl_->log && impl_->hooks.empty())
    return inner;
  return [this, inner = std::move(inner)](std::span<const analytics::side_message> messages) -> expected<void> {
    if (inner)
      if (auto taken = inner(messages); !taken)
        return taken;
    for (const auto& each : messages)
      if (each.topic == "analytics.alerts")
        impl_->tell(each);
    return {};
  };
}

boost::json::object notifiers::finish() {
  if (!impl_->log && impl_->hooks.empty())
    return {};
  boost::json::array hooks;
  auto deadline = std::chrono::steady_clock::now() + end_limit;
  for (auto& each : impl_->hooks) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    auto counts = each.to->finish(std::max(left, std::chrono::milliseconds{0}));
    hooks.push_back(boost::json::object{{"delivered", counts.delivered},
                                        {"retried", counts.retried},
                                        {"failed", counts.failed},
                                        {"dropped", counts.dropped}});
  }
  std::lock_guard guard{impl_->mutex};
  return {
      {"log", impl_->logged}, {"muted", impl_->muted}, {"repeated", impl_->repeated}, {"webhooks", std::move(hooks)}};
}

} // namespace throng::service
