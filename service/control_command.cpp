#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "service/command_line.hpp"
#include "service/http/client.hpp"
#include "service/logging.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

struct control_options {
  std::string at;
  std::vector<std::string> sets;
  std::string speed;
  std::string kind;
  std::string population;
  std::optional<std::uint32_t> count;
  std::string duration;
  std::optional<double> subtlety;
};

/// What a failed request's problem+json says, on standard error.
int say_problem(const http::client_answer& answer) {
  json::error_code code;
  const auto body = json::parse(answer.body, code);
  const auto* problem = code ? nullptr : body.if_object();
  if (problem != nullptr && problem->contains("problems"))
    for (const auto& each : problem->at("problems").as_array())
      say(fmt::format("throng: {}: {}", each.at("path").as_string().c_str(), each.at("detail").as_string().c_str()));
  else if (problem != nullptr && problem->contains("detail"))
    say(fmt::format("throng: {}", problem->at("detail").as_string().c_str()));
  else
    say(fmt::format("throng: the server answers with status {}", answer.status));
  return answer.status >= 500 ? exit_failed : exit_wrong_input;
}

int ask(const control_options& options, const std::string& method, const std::string& path, const std::string& body) {
  auto at = http::parse_endpoint(options.at);
  if (!at)
    return say_failure(at.error());
  const auto* token = std::getenv("THRONG_TOKEN");
  auto answer = http::ask(*at, method, path, body, token != nullptr ? token : "");
  if (!answer)
    return say_failure(answer.error());
  if (answer->status != 200)
    return say_problem(*answer);
  fmt::print("{}", answer->body);
  return exit_done;
}

int set(const control_options& options) {
  json::object body;
  for (const auto& each : options.sets) {
    const auto equals = each.find('=');
    if (equals == std::string::npos || equals == 0)
      return say_failure(
          {error_kind::invalid, fmt::format("{}: must be PATH=VALUE, as in populations.sensors.count=100", each)});
    const auto text = each.substr(equals + 1);
    json::error_code code;
    auto value = json::parse(text, code);
    body[each.substr(0, equals)] = code ? json::value(text) : std::move(value);
  }
  return ask(options, "POST", "/api/world/set", storage::to_json_text(body));
}

int incident(const control_options& options) {
  json::object body{{"kind", options.kind}};
  if (!options.population.empty())
    body["population"] = options.population;
  if (options.count)
    body["count"] = *options.count;
  if (!options.duration.empty())
    body["for"] = options.duration;
  if (options.subtlety)
    body["subtlety"] = *options.subtlety;
  return ask(options, "POST", "/api/world/incident", storage::to_json_text(body));
}

int speed(const control_options& options) {
  json::error_code code;
  const auto value = json::parse(options.speed, code);
  json::object body;
  body["speed"] = code ? json::value(options.speed) : value;
  return ask(options, "POST", "/api/world/speed", storage::to_json_text(body));
}

} // namespace

void add_control_command(program& to) {
  auto& command = add_command(to.app, "control", "Live tuning of a running world, through its HTTP API",
                              "  throng run metropolis --speed 60 --serve\n"
                              "  throng control set populations.sensors.count=5000 trouble.late=0.01\n"
                              "  throng control incident sensor.stuck --count 3 --for 20m\n"
                              "  throng control speed max");
  command.require_subcommand(1);
  auto options = std::make_shared<control_options>();
  const auto add = [&](const std::string& name, const std::string& sentence, const std::string& example,
                       std::function<int()> does) -> CLI::App& {
    auto& verb = add_command(command, name, sentence, example);
    verb.add_option("--at", options->at, "HOST:PORT of the world's --serve; what is left out is 127.0.0.1:8080");
    verb.callback([&to, does = std::move(does)] { to.chosen = does; });
    return verb;
  };
  add("get", "The world as it is now", "  throng control get",
      [options] { return ask(*options, "GET", "/api/world", {}); });
  add("set", "Other counts, rates and shares from the next tick on, all of them or none",
      "  throng control set populations.visitors.sessions_per_day=60 trouble.duplicate=0.01",
      [options] { return set(*options); })
      .add_option("changes", options->sets, "PATH=VALUE; VALUE is JSON or else text")
      ->required();
  auto& incident_verb =
      add("incident", "An incident now", "  throng control incident bank.card_testing --count 2 --subtlety 0.1",
          [options] { return incident(*options); });
  incident_verb.add_option("kind", options->kind, "As in a scenario: sensor.stuck, web.scraper, …")->required();
  incident_verb.add_option("--population", options->population,
                           "Whom it befalls; without it, the only one of its kind");
  incident_verb.add_option("--count", options->count, "How many of them (1)");
  incident_verb.add_option("--for", options->duration, "How long, such as 20m");
  incident_verb.add_option("--subtlety", options->subtlety, "0 blatant to 1 hardly there");
  add("pause", "The world stands still", "  throng control pause",
      [options] { return ask(*options, "POST", "/api/world/pause", {}); });
  add("resume", "The world goes on", "  throng control resume",
      [options] { return ask(*options, "POST", "/api/world/resume", {}); });
  add("speed", "Virtual seconds a second from now on", "  throng control speed 60",
      [options] { return speed(*options); })
      .add_option("speed", options->speed, "A number above 0, or max")
      ->required();
}

} // namespace throng::service
