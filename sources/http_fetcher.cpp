#include "sources/http_fetcher.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

#include "sources/curl_failure.hpp"
#include "sources/curl_handles.hpp"

namespace throng::sources {

namespace {

timestamp wall_now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

} // namespace

struct http_fetcher::implementation {
  config::ingest_limits limits;
  std::string ca_file;
  std::function<bool()> stopping;
  curl_handle handle;
  std::string body;
  std::string link;
  bool too_long = false;

  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& to = *static_cast<implementation*>(self);
    if (to.body.size() + size * count > static_cast<std::size_t>(to.limits.bytes)) {
      to.too_long = true;
      return 0; // gives the transfer up
    }
    to.body.append(bytes, size * count);
    return size * count;
  }

  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    std::string_view line{bytes, size * count};
    constexpr std::string_view name = "link:";
    if (line.size() > name.size() && std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
          return a == std::tolower(static_cast<unsigned char>(b));
        })) {
      line.remove_prefix(name.size());
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
        line.remove_suffix(1);
      auto& link = static_cast<implementation*>(self)->link;
      link += link.empty() ? "" : ",";
      link += line;
    }
    return size * count;
  }

  static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<implementation*>(self)->stopping() ? 1 : 0;
  }

  http_failure failure_of(CURLcode code) const {
    if (too_long || code == CURLE_FILESIZE_EXCEEDED)
      return {fmt::format("the reply has more than {} bytes (limits.bytes)", limits.bytes), true};
    if (code == CURLE_OPERATION_TIMEDOUT)
      return {fmt::format("the reply was not there within {} (limits.timeout)", format_duration(limits.timeout)),
              false};
    return sources::failure_of(code, ca_file);
  }

  void set_up(const std::string& url, curl_slist* headers) {
    auto* to = handle.get();
    curl_easy_reset(to); // connections stay
    curl_easy_setopt(to, CURLOPT_URL, url.c_str());
    curl_easy_setopt(to, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(to, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(to, CURLOPT_USERAGENT, "throng/" THRONG_VERSION);
    curl_easy_setopt(to, CURLOPT_ACCEPT_ENCODING, ""); // all that libcurl unpacks
    curl_easy_setopt(to, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    curl_easy_setopt(to, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
    curl_easy_setopt(to, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits.bytes));
    curl_easy_setopt(to, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(to, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(to, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(to, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(to, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(to, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(to, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(to, CURLOPT_XFERINFODATA, this);
    if (!ca_file.empty())
      curl_easy_setopt(to, CURLOPT_CAINFO, ca_file.c_str());
  }

  /// One request; a redirect is a reply too.
  std::optional<http_failure> ask(const std::string& url, const std::vector<std::string>& lines) {
    body.clear();
    link.clear();
    too_long = false;
    curl_slist* list = nullptr;
    for (const auto& line : lines)
      list = curl_slist_append(list, line.c_str());
    curl_list headers{list};
    set_up(url, headers.get());
    if (const auto code = curl_easy_perform(handle.get()); code != CURLE_OK)
      return failure_of(code);
    return std::nullopt;
  }

  http_answer get(const http_request& what) {
    auto url = what.url;
    auto headers = what.headers;
    for (std::int64_t redirects = 0;; ++redirects) {
      if (auto failed = ask(url, headers))
        return *failed;
      long status = 0;
      char* elsewhere = nullptr;
      curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &elsewhere);
      if (!is_redirect(status) || elsewhere == nullptr) {
        curl_off_t seconds = 0;
        curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &seconds);
        http_reply reply{static_cast<int>(status), std::move(body), std::move(link), std::nullopt, wall_now()};
        if (seconds > 0)
          reply.retry_after = milliseconds{std::min<curl_off_t>(seconds, 1'000'000'000) * 1'000};
        return reply;
      }
      if (redirects == limits.redirects)
        return http_failure{fmt::format("it was sent elsewhere {} times (limits.redirects)", redirects + 1), true};
      std::string next{elsewhere};
      if (origin_of(url).starts_with("https:") && !origin_of(next).starts_with("https:"))
        return http_failure{fmt::format("it was sent from https to {}, which is not followed", origin_of(next)), true};
      if (origin_of(next) != origin_of(url)) // a key is for the host that was named
        headers = {"Accept: application/json"};
      url = std::move(next);
    }
  }
};

http_fetcher::http_fetcher(std::unique_ptr<implementation> impl)
    : impl_(std::move(impl)) {}

http_fetcher::~http_fetcher() = default;

expected<std::unique_ptr<http_fetcher>> http_fetcher::make(config::ingest_limits limits, std::string ca_file,
                                                           std::function<bool()> stopping) {
  auto handle = make_curl_handle();
  if (!handle)
    return tl::unexpected{handle.error()};
  auto made = std::make_unique<implementation>();
  made->handle = std::move(*handle);
  made->limits = limits;
  made->ca_file = std::move(ca_file);
  made->stopping = std::move(stopping);
  return std::unique_ptr<http_fetcher>{new http_fetcher{std::move(made)}};
}

http_answer http_fetcher::get(const http_request& what) {
  return impl_->get(what);
}

} // namespace throng::sources
