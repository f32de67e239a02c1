#include "service/site.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <spdlog/spdlog.h>

#include "service/alert_routes.hpp"
#include "service/data_folder.hpp"
#include "service/http/problem.hpp"
#include "service/http/server.hpp"
#include "service/http/static_files.hpp"
#include "service/openapi.hpp"
#include "service/store_routes.hpp"
#include "service/store_watcher.hpp"

namespace throng::service {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return text.empty() || code != std::errc{} || at != text.data() + text.size() ? std::nullopt : std::optional{value};
}

/// A reader that was cut off says what it had: the header comes from the browser, the parameter from a page that starts anew.
http::response stream(http::event_hub& hub, const http::request& asked) {
  std::string_view last = asked.header("last-event-id");
  for (const auto& [name, value] : asked.query) {
    if (name != "last_event_id")
      return http::problem(400, fmt::format("there is no parameter {}; there is: last_event_id", name));
    if (last.empty())
      last = value;
  }
  auto after = number(last);
  if (!last.empty() && !after)
    return http::problem(400, fmt::format("Last-Event-ID {}: must be a whole number", last));
  http::response made;
  made.events = hub.subscribe(after);
  return made;
}

void add_request_metrics(http::router& to, prometheus::Registry& registry) {
  auto& requests = prometheus::BuildCounter()
                       .Name("throng_http_requests_total")
                       .Help("Requests answered, by route and class of status")
                       .Register(registry);
  auto& seconds = prometheus::BuildHistogram()
                      .Name("throng_http_request_seconds")
                      .Help("Time a handler took, by route")
                      .Register(registry);
  to.observe([&requests, &seconds](const std::string& method, const std::string& pattern, unsigned status,
                                   std::chrono::nanoseconds took) {
    // A route's pattern, never a path: clients must not make labels. Nor methods that nobody takes.
    const auto route = pattern.empty() ? std::string{"none"} : pattern;
    const auto known = pattern.empty() ? std::string{"none"} : method;
    requests.Add({{"method", known}, {"route", route}, {"status", fmt::format("{}xx", status / 100)}}).Increment();
    seconds.Add({{"route", route}}, prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10})
        .Observe(std::chrono::duration<double>(took).count());
  });
}

} // namespace

class site::implementation {
public:
  implementation(storage::result_store* store, additions more) {
    if (store != nullptr) {
      watcher.emplace(*store, hub, std::move(more.figures));
      add_store_routes(routes, *store);
      add_alert_routes(routes, *store);
      routes.add("GET", "/api/stream", [this](const http::request& asked) { return stream(hub, asked); });
      add_store_metrics(*store);
      add_stream_metrics();
    }
    routes.add("GET", "/metrics", [this](const http::request&) {
      http::response made;
      made.content_type = service::metrics::content_type;
      made.body = figures.text();
      return made;
    });
    if (more.routes)
      more.routes(routes);
    auto description = std::make_shared<std::string>();
    routes.add("GET", "/openapi.json", [description](const http::request&) {
      http::response made;
      made.body = *description;
      return made;
    });
    *description = describe_api(routes); // this route too
    add_request_metrics(routes, figures.registry());
  }

  /// The pages, or where they are not, a sentence that says how they come to be.
  expected<void> add_pages() {
    auto folder = data_folder("dashboard");
    if (!folder) {
      routes.add("GET", "/", [](const http::request&) {
        http::response made;
        made.content_type = "text/plain; charset=utf-8";
        made.body = "The dashboard was not built with this program: ./dev build does it where node is.\n"
                    "The API is there: /openapi.json describes it.\n";
        return made;
      });
      return {};
    }
    auto read = http::static_files::read(*folder);
    if (!read)
      return tl::unexpected{read.error()};
    auto files = std::make_shared<const http::static_files>(std::move(*read));
    routes.add("GET", "/", [files](const http::request& asked) { return files->answer(asked, "index.html"); });
    routes.add("GET", "/favicon.svg",
               [files](const http::request& asked) { return files->answer(asked, "favicon.svg"); });
    routes.add("GET", "/assets/{file}", [files](const http::request& asked) {
      return files->answer(asked, "assets/" + asked.captured.at("file"));
    });
    return {};
  }

  service::metrics figures;
  http::event_hub hub;
  http::router routes;
  std::optional<store_watcher> watcher;
  std::unique_ptr<http::server> server;

private:
  void add_store_metrics(storage::result_store& store) {
    auto& up = prometheus::BuildGauge()
                   .Name("throng_store_up")
                   .Help("Whether the store answered when it was asked for this scrape")
                   .Register(figures.registry())
                   .Add({});
    auto& seconds = prometheus::BuildHistogram()
                        .Name("throng_store_answer_seconds")
                        .Help("Time the store took to answer the cheapest question, at each scrape")
                        .Register(figures.registry())
                        .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5});
    figures.before_scrape([&, gone = false]() mutable {
      const auto began = std::chrono::steady_clock::now();
      const auto answered = store.header("readyz");
      up.Set(answered ? 1 : 0);
      if (!answered && !std::exchange(gone, true))
        spdlog::error("the store does not answer: {}", answered.error().message);
      else if (answered && std::exchange(gone, false))
        spdlog::info("the store answers again");
      seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    });
  }

  void add_stream_metrics() {
    auto& readers = prometheus::BuildGauge()
                        .Name("throng_stream_readers")
                        .Help("Who reads the event stream now")
                        .Register(figures.registry())
                        .Add({});
    auto& events = prometheus::BuildCounter()
                       .Name("throng_stream_events_total")
                       .Help("Events that the stream told its readers, by kind")
                       .Register(figures.registry());
    auto& failures = prometheus::BuildCounter()
                         .Name("throng_store_failures_total")
                         .Help("Rounds of the stream's watcher that the store did not answer")
                         .Register(figures.registry())
                         .Add({});
    auto& alerts = events.Add({{"event", "alert"}});
    auto& windows = events.Add({{"event", "window"}});
    figures.before_scrape([&, this] {
      readers.Set(static_cast<double>(hub.readers()));
      const auto at = watcher->published();
      alerts.Increment(static_cast<double>(at.alerts) - alerts.Value());
      windows.Increment(static_cast<double>(at.windows) - windows.Value());
      failures.Increment(static_cast<double>(at.failures) - failures.Value());
    });
  }
};

site::site(std::unique_ptr<implementation> impl)
    : impl_(std::move(impl)) {
  // started already
}

site::~site() = default;

expected<std::unique_ptr<site>> site::start(const http::endpoint& at, storage::result_store* store, additions more) {
  auto made = std::make_unique<implementation>(store, std::move(more));
  if (auto pages = made->add_pages(); !pages)
    return tl::unexpected{pages.error()};
  const auto* token = std::getenv("THRONG_TOKEN");
  auto server = http::server::start(at, std::move(made->routes), {true, token != nullptr ? token : ""});
  if (!server)
    return tl::unexpected{server.error()};
  made->server = std::move(*server);
  return std::unique_ptr<site>{new site(std::move(made))};
}

http::endpoint site::address() const {
  return impl_->server->address();
}

std::optional<error> site::failure() const {
  return impl_->server->failure();
}

service::metrics& site::metrics() {
  return impl_->figures;
}

http::event_hub& site::events() {
  return impl_->hub;
}

} // namespace throng::service
