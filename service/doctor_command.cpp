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
bool verdict(const std::string& what, const expected<std::string>& outcome, const char* advice = "") {
  if (outcome)
    fmt::print("ok    {}: {}\n", what, *outcome);
  else
    fmt::print("FAIL  {}: {}{}{}\n", what, outcome.error().message, *advice != '\0' ? "; " : "", advice);
  return outcome.has_value();
}

struct step_text {
  const char* what;
  const char* denied; ///< what mends it where the cluster refuses it
};

step_text text_of(transport::probe_step step) {
  using enum transport::probe_step;
  switch (step) {
  case create:
    return {"kafka, make topics",
            "let this user Create topics (on the cluster, or by their prefix), or have them made by somebody "
            "who may: throng topics create"};
  case write:
    return {"kafka, write", "let this user Write to the topics, and IdempotentWrite on the cluster before Kafka 3.0"};
  case read:
    return {"kafka, read", "let this user Read the topics, and Read the groups throng.*"};
  case remove:
    return {"kafka, delete topics", "only throng topics delete and this examination need it; delete the topic by hand"};
  default:
    return {"kafka", "look at security.protocol, sasl.mechanism, sasl.username and sasl.password of the settings"};
  }
}

bool examine_kafka(const config::settings& settings) {
  if (settings.kafka.embedded())
    return verdict("kafka", transport::embedded_cluster::start().map([](const auto& cluster) {
      return "embedded cluster, answers at " + cluster->bootstrap_servers();
    }));
  auto well = true;
  for (const auto& [step, outcome] : transport::probe_cluster(settings)) {
    auto text = text_of(step);
    auto refused = !outcome && outcome.error().kind == error_kind::denied;
    well = verdict(text.what, outcome, refused ? text.denied : "") && well;
  }
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
