// Server-sent events (HTML standard, section 9.2): one hub that everyone publishes to, and a bounded queue for each
// reader, so that one who is slow loses events and is told so, and nobody waits for them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace throng::service::http {

/// Thread-safe.
class event_reader {
public:
  /// What is waiting, as bytes for the wire; empty: nothing. After events were lost, an event `lost` with their number
  /// comes first.
  std::string take();
  /// Called after something came into an empty queue, from the publisher's thread; must not call back.
  void on_news(std::function<void()> call);

private:
  friend class event_hub;
  static constexpr std::size_t most_waiting = 256;
  void put(const std::shared_ptr<const std::string>& wire);
  void come_again(const std::shared_ptr<const std::string>& wire);

  std::mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> waiting_;
  std::size_t again_ = 0; ///< of those waiting, how many came before it did: no sign that it is slow
  std::uint64_t lost_ = 0;
  std::function<void()> call_;
};

/// Thread-safe.
class event_hub {
public:
  /// @param data one line of JSON
  void publish(const std::string& event, const std::string& data);
  /// @param after the Last-Event-ID that a reader had got; what is still kept of the events after it comes again, and what is not counts
  /// as lost
  std::shared_ptr<event_reader> subscribe(std::optional<std::uint64_t> after);
  /// How many read; where nobody does, what costs something need not be made.
  std::size_t readers();

private:
  static constexpr std::size_t most_kept = 1024;

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::deque<std::pair<std::uint64_t, std::shared_ptr<const std::string>>> kept_;
  std::vector<std::weak_ptr<event_reader>> readers_;
};

} // namespace throng::service::http
