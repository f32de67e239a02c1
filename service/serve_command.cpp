#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/serving.hpp"
#include "service/store_routes.hpp"

namespace throng::service {

namespace {

struct serve_options {
  std::string at;
  std::string store;
};

int run(const serve_options& options) {
  auto store = open_chosen_store(options.store);
  if (!store)
    return say_failure(store.error());
  auto server = serve(options.at, [&](http::router& routes) { add_store_routes(routes, **store); });
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
  auto& command = add_command(to.app, "serve", "HTTP API over a store",
                              "  throng serve\n"
                              "  throng serve 127.0.0.1:9000 --store mongodb://localhost/throng\n"
                              "  curl 'http://127.0.0.1:8080/api/alerts?sort=-time&limit=10'");
  auto options = std::make_shared<serve_options>();
  command.add_option("at", options->at, "HOST:PORT; what is left out is 127.0.0.1:8080, port 0 is any that is free");
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
