#include <memory>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/connection_options.hpp"
#include "storage/result_store.hpp"
#include "transport/embedded.hpp"
#include "transport/probe.hpp"

namespace throng::service {

namespace {

/// Prints one line of the examination; true where all is well.
bool verdict(const char* what, const expected<std::string>& outcome) {
  if (outcome)
    fmt::print("ok    {}: {}\n", what, *outcome);
  else
    fmt::print("FAIL  {}: {}\n", what, outcome.error().message);
  return outcome.has_value();
}

const char* name_of(transport::probe_step step) {
  using enum transport::probe_step;
  switch (step) {
  case create:
    return "kafka, make topics";
  case write:
    return "kafka, write";
  case read:
    return "kafka, read";
  case remove:
    return "kafka, delete topics";
  default:
    return "kafka";
  }
}

bool examine_kafka(const config::settings& settings) {
  if (settings.kafka.embedded())
    return verdict("kafka", transport::embedded_cluster::start().map([](const auto& cluster) {
      return "embedded cluster, answers at " + cluster->bootstrap_servers();
    }));
  auto well = true;
  for (const auto& [step, outcome] : transport::probe_cluster(settings))
    well = verdict(name_of(step), outcome) && well;
  return well;
}

expected<std::string> examine_store(const std::string& uri) {
  if (uri == "none")
    return std::string{"none"};
  auto store = storage::open_store(uri);
  if (!store)
    return tl::unexpected{store.error()};
  return (*store)->check().map([&] { return config::redacted_store(uri) + " can be written and read"; });
}

int run(const connection_options& options) {
  auto settings = options.resolve();
  if (!settings)
    return say_problems(settings.error());
  auto kafka = examine_kafka(*settings);
  auto store = verdict("store", examine_store(settings->store));
  return kafka && store ? exit_done : exit_does_not_hold;
}

} // namespace

void add_doctor_command(program& to) {
  auto& command =
      add_command(to.app, "doctor", "Can Kafka and the store be reached and written with these settings?",
                  "  throng doctor\n  throng doctor --brokers localhost:9092 --store mongodb://localhost/throng");
  auto options = std::make_shared<connection_options>();
  options->add_to(command);
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
