#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/kafka_routes.hpp"
#include "service/serving.hpp"

namespace throng::service {

namespace {

struct serve_options {
  std::string at;
  connection_options connection;
};

int run(const serve_options& options) {
  auto settings = options.connection.resolve();
  if (!settings)
    return say_problems(settings.error());
  auto store = open_chosen_store(settings->store, false);
  if (!store &&
      store.error().kind == error_kind::denied) // not to be written: alerts can be read then, and nothing done to them
    store = open_chosen_store(settings->store);
  if (!store)
    return say_failure(store.error());
  site::additions more;
  if (!settings->kafka.embedded())
    more.routes = [&](http::router& to) { add_kafka_routes(to, settings->kafka); };
  auto server = serve(options.at, store->get(), std::move(more));
  if (!server)
    return say_failure(server.error());
  while (!interrupted()) {
    if (auto failed = (*server)->failure())
      return say_failure(*failed);
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return exit_done;
}

} // namespace

void add_serve_command(program& to) {
  auto& command =
      add_command(to.app, "serve", "HTTP API, dashboard and metrics over a store",
                  "  throng serve\n"
                  "  throng serve 127.0.0.1:9000 --store mongodb://localhost/throng --brokers localhost:9092\n"
                  "  curl 'http://127.0.0.1:8080/api/alerts?sort=-time&limit=10'");
  auto options = std::make_shared<serve_options>();
  command.add_option("at", options->at, "HOST:PORT; what is left out is 127.0.0.1:8080, port 0 is any that is free");
  options->connection.add_to(command);
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
