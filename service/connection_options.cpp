#include "service/connection_options.hpp"

#include "service/command_line.hpp"
#include "service/input_options.hpp"

namespace throng::service {

void connection_options::add_cluster_to(CLI::App& command) {
  command.add_option("--brokers", brokers, "Kafka's HOST:PORT,…");
  command.add_option("--settings", settings_file, "A file with kafka, store, topics and notify as in a scenario");
}

void connection_options::add_to(CLI::App& command) {
  add_cluster_to(command);
  command.add_option("--store", store, "sqlite:FILE or mongodb://…");
}

config::checked<config::settings> connection_options::resolve() const {
  config::load_options options;
  options.environment = config::process_environment();
  options.now = wall_now();
  if (!brokers.empty())
    options.sets.emplace_back("kafka.brokers", brokers);
  if (!store.empty())
    options.sets.emplace_back("store", store);
  auto loaded = config::load_settings(settings_file, options);
  if (!loaded)
    return tl::unexpected{loaded.error()};
  return loaded->value;
}

int with_cluster(const connection_options& options, const std::function<int(const config::settings&)>& command) {
  auto settings = options.resolve();
  if (!settings)
    return say_problems(settings.error());
  if (settings->kafka.embedded())
    return say_failure({error_kind::invalid,
                        "the embedded cluster lives only as long as its run: name a real one with --brokers HOST:PORT",
                        false});
  return command(*settings);
}

} // namespace throng::service
