#include "service/http_poster.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "config/time.hpp"
#include "sources/curl_failure.hpp"
#include "sources/curl_handles.hpp"
#include "sources/http_message.hpp"

namespace throng::service {

namespace {

class poster {
public:
  poster(http_poster_options options, sources::curl_handle handle)
      : options_(std::move(options))
      , server_(sources::origin_of(options_.url))
      , handle_(std::move(handle)) {}

  expected<sinks::http_answer> post(const std::string& body) {
    if (const auto now = clock::now(); now < not_before_)
      return fail(error_kind::unavailable,
                  fmt::format("{} has asked to be left alone for another {}", server_,
                              format_duration(std::chrono::ceil<std::chrono::seconds>(not_before_ - now))),
                  true);
    answer_.clear();
    too_long_ = false;
    auto* to = handle_.get();
    curl_easy_reset(to); // connections stay
    curl_slist* list = nullptr;
    for (const auto& line : {"Content-Type: " + options_.content_type, std::string{"Expect:"}})
      list = curl_slist_append(list, line.c_str());
    if (!options_.authorization.empty())
      list = curl_slist_append(list, ("Authorization: " + options_.authorization).c_str());
    const sources::curl_list headers{list};
    curl_easy_setopt(to, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(to, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(to, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(to, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(to, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(to, CURLOPT_USERAGENT, "throng/" THRONG_VERSION);
    curl_easy_setopt(to, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect.count()));
    curl_easy_setopt(to, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.limit.count()));
    curl_easy_setopt(to, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(to, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(to, CURLOPT_WRITEDATA, this);
    if (!options_.ca_file.empty())
      curl_easy_setopt(to, CURLOPT_CAINFO, options_.ca_file.c_str());
    if (const auto code = curl_easy_perform(to); code != CURLE_OK)
      return failed(code);
    long status = 0;
    curl_off_t rest = 0; // seconds; libcurl reads dates, too
    curl_easy_getinfo(to, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(to, CURLINFO_RETRY_AFTER, &rest);
    if (rest > 0)
      not_before_ =
          clock::now() + std::min<std::chrono::milliseconds>(
                             options_.longest_rest, std::chrono::seconds{std::min<curl_off_t>(rest, 1'000'000'000)});
    return sinks::http_answer{static_cast<int>(status), std::move(answer_)};
  }

private:
  using clock = std::chrono::steady_clock;

  static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& to = *static_cast<poster*>(self);
    if (to.answer_.size() + size * count > to.options_.longest_answer) {
      to.too_long_ = true;
      return 0; // gives the transfer up
    }
    to.answer_.append(bytes, size * count);
    return size * count;
  }

  tl::unexpected<error> failed(CURLcode code) const {
    const auto why =
        too_long_
            ? sources::http_failure{fmt::format("the answer has more than {} bytes", options_.longest_answer), true}
        : code == CURLE_OPERATION_TIMEDOUT
            ? sources::http_failure{fmt::format("the answer was not there within {} (timeout)",
                                                format_duration(options_.limit))}
            : sources::failure_of(code, options_.ca_file);
    return fail(error_kind::unavailable, fmt::format("{}: {}", server_, why.sentence), !why.final);
  }

  http_poster_options options_;
  std::string server_;
  sources::curl_handle handle_;
  std::string answer_;
  bool too_long_ = false;
  clock::time_point not_before_;
};

} // namespace

expected<sinks::http_sink::poster> make_http_poster(http_poster_options options) {
  auto handle = sources::make_curl_handle();
  if (!handle)
    return tl::unexpected{handle.error()};
  auto made = std::make_shared<poster>(std::move(options), std::move(*handle));
  return sinks::http_sink::poster{[made](const std::string& body) { return made->post(body); }};
}

} // namespace throng::service
