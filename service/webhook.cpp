#include "service/webhook.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <spdlog/spdlog.h>

#include "sources/curl_handles.hpp"
#include "sources/http_message.hpp"

namespace throng::service {

namespace {

using namespace std::chrono_literals;

/// As the other side says it: whether it has taken the alert, may take it later, or never will.
enum class verdict { taken, later, never };

verdict of_status(long status) {
  if (status >= 200 && status < 300)
    return verdict::taken;
  return status == 408 || status == 425 || status == 429 || status >= 500 || status < 400 ? verdict::later
                                                                                          : verdict::never;
}

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

} // namespace

std::string webhook_signature(const std::string& secret, const std::string& body) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), bytes, &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i)
    hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

struct webhook::implementation {
  struct message {
    std::string id;
    std::string body;
  };

  webhook_options options;
  std::string host;
  sources::curl_handle handle;

  mutable std::mutex mutex;
  std::condition_variable news;    ///< something to send, or the end
  std::condition_variable settled; ///< nothing left
  std::deque<message> waiting;
  bool busy = false;
  std::atomic<bool> ended{false};
  bool said_full = false;
  webhook_counts counts;
  std::thread thread;

  void run() {
    std::unique_lock lock{mutex};
    for (;;) {
      news.wait(lock, [this] { return ended || !waiting.empty(); });
      if (ended)
        return;
      auto next = std::move(waiting.front());
      waiting.pop_front();
      busy = true;
      lock.unlock();
      auto delivered = deliver(next);
      lock.lock();
      busy = false;
      ++(delivered ? counts.delivered : counts.failed);
      if (waiting.empty())
        settled.notify_all();
    }
  }

  bool deliver(const message& what) {
    auto pause = options.first_pause;
    for (int attempt = 1;; ++attempt, pause *= 2) {
      std::string why;
      auto said = attempt_once(what, why);
      if (said == verdict::taken)
        return true;
      if (said == verdict::never || attempt == options.tries || ended) {
        spdlog::error("webhook {}: alert {} is given up after {} tries: {}", host, what.id, attempt, why);
        return false;
      }
      std::unique_lock lock{mutex};
      ++counts.retried;
      if (news.wait_for(lock, pause, [this] { return ended.load(); })) {
        spdlog::error("webhook {}: alert {} is given up at the end: {}", host, what.id, why);
        return false;
      }
    }
  }

  verdict attempt_once(const message& what, std::string& why) {
    auto* to = handle.get();
    curl_easy_reset(to); // connections stay
    curl_slist* list = nullptr;
    for (const auto& line :
         {std::string{"Content-Type: application/json"}, "X-Throng-Alert: " + what.id, std::string{"Expect:"}})
      list = curl_slist_append(list, line.c_str());
    if (!options.secret.empty())
      list = curl_slist_append(list,
                               ("X-Throng-Signature: sha256=" + webhook_signature(options.secret, what.body)).c_str());
    sources::curl_list headers{list};
    char text[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(to, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(to, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(to, CURLOPT_POSTFIELDS, what.body.c_str());
    curl_easy_setopt(to, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    curl_easy_setopt(to, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(to, CURLOPT_USERAGENT, "throng/" THRONG_VERSION);
    curl_easy_setopt(to, CURLOPT_TIMEOUT_MS, static_cast<long>(options.limit.count()));
    curl_easy_setopt(to, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(to, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(to, CURLOPT_ERRORBUFFER, text);
    // A server that hangs must not hold the end up.
    curl_easy_setopt(to, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(to, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(
        to, CURLOPT_XFERINFOFUNCTION, +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
          return static_cast<implementation*>(self)->ended ? 1 : 0;
        });
    if (auto code = curl_easy_perform(to); code != CURLE_OK) {
      // libcurl's own text may hold the URL; its name of the error does not.
      why = curl_easy_strerror(code);
      return verdict::later;
    }
    long status = 0;
    curl_easy_getinfo(to, CURLINFO_RESPONSE_CODE, &status);
    why = fmt::format("the answer was {}", status);
    return of_status(status);
  }
};

webhook::webhook(std::unique_ptr<implementation> impl)
    : impl_(std::move(impl)) {}

webhook::~webhook() {
  {
    std::lock_guard guard{impl_->mutex};
    impl_->ended = true;
  }
  impl_->news.notify_all();
  if (impl_->thread.joinable())
    impl_->thread.join();
}

expected<std::unique_ptr<webhook>> webhook::start(webhook_options options) {
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    return fail(error_kind::invalid, "a webhook's url begins with http:// or https://");
  auto handle = sources::make_curl_handle();
  if (!handle)
    return tl::unexpected{handle.error()};
  auto made = std::make_unique<implementation>();
  made->handle = std::move(*handle);
  made->host = sources::origin_of(options.url);
  made->options = std::move(options);
  made->thread = std::thread{[self = made.get()] { self->run(); }};
  return std::unique_ptr<webhook>{new webhook{std::move(made)}};
}

void webhook::send(std::string id, std::string body) {
  std::lock_guard guard{impl_->mutex};
  if (impl_->waiting.size() < impl_->options.queue) {
    impl_->waiting.push_back({std::move(id), std::move(body)});
    impl_->news.notify_one();
    return;
  }
  ++impl_->counts.dropped;
  if (!std::exchange(impl_->said_full, true))
    spdlog::warn("webhook {}: {} alerts are waiting for its answers; what comes now is not sent there", impl_->host,
                 impl_->waiting.size());
}

webhook_counts webhook::finish(std::chrono::milliseconds limit) {
  std::unique_lock lock{impl_->mutex};
  impl_->settled.wait_for(lock, limit, [this] { return impl_->waiting.empty() && !impl_->busy; });
  impl_->counts.failed += impl_->waiting.size();
  impl_->waiting.clear();
  impl_->ended = true;
  lock.unlock();
  impl_->news.notify_all();
  if (impl_->thread.joinable())
    impl_->thread.join();
  return counts();
}

webhook_counts webhook::counts() const {
  std::lock_guard guard{impl_->mutex};
  return impl_->counts;
}

} // namespace throng::service
