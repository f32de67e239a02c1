#include "service/store_watcher.hpp"

#include <utility>

#include <boost/json/serialize.hpp>

#include "query/query.hpp"
#include "query/stored_fields.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace {

using query::text_at;

namespace json = boost::json;

constexpr std::size_t most_alerts = 200;
constexpr std::size_t most_windows = 300;
constexpr std::chrono::seconds quiet{2};
/// So long after the last reader has gone it may come back and go on where it was.
constexpr std::chrono::seconds patience{60};

/// The second newest start, or the only one: windows that late events may still change, and the newest.
expected<std::optional<std::int64_t>> recent_start(storage::result_store& store, const std::string& pipeline,
                                                   const std::string& window) {
  using compare = storage::condition::comparison;
  storage::find_query newest;
  newest.conditions = {{"pipeline", compare::eq, json::value(pipeline)}, {"window", compare::eq, json::value(window)}};
  newest.order_by = "start";
  newest.descending = true;
  newest.limit = 1;
  std::optional<std::int64_t> start;
  for (int round = 0; round < 2; ++round) {
    auto found = store.find(newest);
    if (!found)
      return tl::unexpected{found.error()};
    if (found->empty())
      break;
    start = found->front().body.at("start").to_number<std::int64_t>();
    newest.conditions.push_back({"start", compare::lt, json::value(*start)});
  }
  return start;
}

} // namespace

store_watcher::store_watcher(storage::result_store& store, http::event_hub& hub, std::function<json::object()> figures,
                             std::chrono::milliseconds every)
    : store_(store)
    , hub_(hub)
    , figures_(std::move(figures))
    , every_(every)
    , thread_([this] { live(); }) {
  // the thread does it
}

store_watcher::~store_watcher() {
  {
    std::scoped_lock lock{mutex_};
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

store_watcher::totals store_watcher::published() const {
  std::scoped_lock lock{mutex_};
  return published_;
}

void store_watcher::live() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, every_, [this] { return stop_; })) {
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    if (hub_.readers() > 0)
      read_ = now;
    if (!read_ || now - *read_ > patience) {
      begun_ = false; // who comes next asks the API first
      alerts_.clear();
      windows_.clear();
    } else if (auto looked = look(); !looked) {
      if (!std::exchange(gone_, true))
        hub_.publish("store", json::serialize(json::object{{"status", "gone"}, {"detail", looked.error().message}}));
      std::scoped_lock counting{mutex_};
      ++published_.failures;
    } else if (std::exchange(gone_, false)) {
      hub_.publish("store", json::serialize(json::object{{"status", "back"}}));
    }
    lock.lock();
  }
}

expected<void> store_watcher::look() {
  const auto now = std::chrono::steady_clock::now();
  auto alerts = look_for_alerts();
  if (!alerts)
    return tl::unexpected{alerts.error()};
  auto windows = look_for_windows();
  if (!windows)
    return tl::unexpected{windows.error()};
  new_alerts_ += *alerts;
  new_windows_ += *windows;
  // Rates of nothing only now and then: each event that is kept pushes an older one out of what a reader can resume from.
  if (!begun_ || *alerts + *windows > 0 || now - told_ >= quiet) {
    auto rates = figures_ ? figures_() : json::object{};
    rates["alerts"] = new_alerts_;
    rates["windows"] = new_windows_;
    rates["seconds"] = begun_ ? std::chrono::duration<double>(now - told_).count() : 0.0;
    hub_.publish("rates", storage::to_json_text(rates));
    std::scoped_lock lock{mutex_};
    published_.alerts += std::exchange(new_alerts_, 0);
    published_.windows += std::exchange(new_windows_, 0);
    told_ = now;
  }
  begun_ = true;
  return {};
}

expected<std::uint64_t> store_watcher::look_for_alerts() {
  query::request newest;
  newest.subject = query::subject::alerts;
  newest.sort = "-time";
  newest.limit = most_alerts;
  auto found = query::ask(store_, newest);
  if (!found)
    return tl::unexpected{found.error()};
  std::set<std::string> seen;
  std::uint64_t news = 0;
  for (auto each = found->items.rbegin(); each != found->items.rend(); ++each) { // oldest first
    auto id = text_at(*each, "id");
    if (begun_ && !alerts_.contains(id)) {
      hub_.publish("alert", storage::to_json_text(*each));
      ++news;
    }
    seen.insert(std::move(id));
  }
  alerts_ = std::move(seen);
  return news;
}

expected<std::uint64_t> store_watcher::look_for_windows() {
  auto pipelines = store_.records("pipelines");
  if (!pipelines)
    return tl::unexpected{pipelines.error()};
  std::uint64_t news = 0;
  for (const auto& pipeline : *pipelines)
    for (const auto& window : pipeline.at("windows").as_array()) {
      auto found = look_for_windows(text_at(pipeline, "name"), text_at(window.as_object(), "name"));
      if (!found)
        return found;
      news += *found;
    }
  return news;
}

expected<std::uint64_t> store_watcher::look_for_windows(const std::string& pipeline, const std::string& window) {
  auto start = recent_start(store_, pipeline, window);
  if (!start)
    return tl::unexpected{start.error()};
  if (!*start)
    return 0;
  query::request recent;
  recent.pipeline = pipeline;
  recent.window = window;
  recent.from = timestamp{**start};
  recent.sort = "-start";
  recent.limit = most_windows;
  auto found = query::ask(store_, recent);
  if (!found)
    return tl::unexpected{found.error()};
  auto& told = windows_[pipeline + "/" + window];
  std::map<std::string, std::size_t> seen;
  std::uint64_t news = 0;
  for (auto each = found->items.rbegin(); each != found->items.rend(); ++each) {
    auto identity = text_at(*each, "start") + json::serialize(each->at("group"));
    auto text = storage::to_json_text(*each);
    const auto hash = std::hash<std::string>{}(text);
    auto before = told.find(identity);
    if (begun_ && (before == told.end() || before->second != hash)) {
      hub_.publish("window", text);
      ++news;
    }
    seen.emplace(std::move(identity), hash);
  }
  told = std::move(seen);
  return news;
}

} // namespace throng::service
