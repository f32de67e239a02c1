#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <caf/actor_system.hpp>
#include <fmt/core.h>

#include "actors/system_config.hpp"
#include "actors/world_worker.hpp"
#include "service/command_line.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/worker_options.hpp"

namespace throng::service {

namespace {

struct worker_options {
  std::string listen = http::to_string(worker_place);
  std::size_t threads = 0;
};

int run(const worker_options& options) {
  auto place = http::parse_endpoint(options.listen, worker_place);
  if (!place)
    return say_failure(place.error());
  actors::system_config config{options.threads, actors::network::workers};
  caf::actor_system system{config};
  auto worker = actors::world_worker::listen(system, place->host, place->port, program_build());
  if (!worker)
    return say_failure(worker.error());
  place->port = (*worker)->port();
  say(fmt::format("a worker listens at {}", http::to_string(*place)));
  while (!interrupted())
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  return exit_done;
}

} // namespace

void add_worker_command(program& to) {
  auto& command = add_command(to.app, "worker", "Lives parts of worlds that throng simulate --workers leads",
                              "  throng worker --listen 127.0.0.1:7071\n"
                              "  throng simulate metropolis --to file:out --workers 127.0.0.1:7071,127.0.0.1:7072");
  auto options = std::make_shared<worker_options>();
  command
      .add_option(
          "--listen", options->listen,
          "HOST:PORT; whoever can connect may use it: beyond this machine, a trusted network only. Port 0 is any "
          "that is free")
      ->capture_default_str();
  command.add_option("--threads", options->threads, "Threads that actors run on; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
