// Tells the readers of an event stream what comes into a store: asks it again and again while anybody reads, and for a minute after. Works over any store, also
// one that another process fills. What a page must not miss it asks the API for; the stream says that there is news.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <boost/json/object.hpp>

#include "service/http/event_hub.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Publishes, in this order each round:
/// - `alert`: an alert of the API, once each; of the newest 200 a round, so that a flood does not fill the stream with what nobody can read
/// - `window`: a window of the API, again whenever it changed; those since the second newest start, and at most 300 of each kind a round
/// - `rates`: `{"alerts","windows","seconds"}`, how many of each were new since the `rates` before, and what `figures` adds; with 0 seconds once
///   the watcher knows what was there, then every round with news, and every two seconds without
/// - `store`: `{"status":"gone","detail"}` and `{"status":"back"}`
///
/// What is there already when the first reader comes is not news.
class store_watcher {
public:
  /// @param store,hub borrowed; outlive this
  /// @param figures more members for `rates`; may be empty
  store_watcher(storage::result_store& store, http::event_hub& hub, std::function<boost::json::object()> figures,
                std::chrono::milliseconds every = std::chrono::milliseconds{500});
  ~store_watcher();
  store_watcher(const store_watcher&) = delete;
  store_watcher& operator=(const store_watcher&) = delete;

  struct totals {
    std::uint64_t alerts = 0;
    std::uint64_t windows = 0;
    std::uint64_t failures = 0; ///< rounds that the store did not answer
  };
  totals published() const;

private:
  void live();
  expected<void> look();
  expected<std::uint64_t> look_for_alerts();
  expected<std::uint64_t> look_for_windows();
  expected<std::uint64_t> look_for_windows(const std::string& pipeline, const std::string& window);

  storage::result_store& store_;
  http::event_hub& hub_;
  std::function<boost::json::object()> figures_;
  std::chrono::milliseconds every_;

  // The thread's own: what has been told.
  bool begun_ = false;
  bool gone_ = false;
  std::optional<std::chrono::steady_clock::time_point> read_; ///< when somebody last did
  std::chrono::steady_clock::time_point told_;                ///< the last `rates`
  std::uint64_t new_alerts_ = 0;                              ///< since then
  std::uint64_t new_windows_ = 0;
  std::set<std::string> alerts_;
  std::map<std::string, std::map<std::string, std::size_t>> windows_; ///< by pipeline and window: hashes by identity

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  totals published_;
  std::thread thread_; ///< last, so that it sees the rest made
};

} // namespace throng::service
