#include <memory>

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "query/alert_life.hpp"
#include "service/command_line.hpp"
#include "service/input_options.hpp"

namespace throng::service {

namespace {

struct deed_options {
  std::vector<std::string> alerts;
  std::string by;
  std::string note;
  std::string store;
};

/// All of them, though one may fail; the first failure decides the exit status.
int record(query::alert_status to, const deed_options& options) {
  auto store = open_chosen_store(options.store, false);
  if (!store)
    return say_failure(store.error());
  int status = exit_done;
  for (const auto& alert : options.alerts) {
    auto made = query::record_deed(**store, {alert, to, options.by, options.note, wall_now()});
    if (made)
      fmt::print("{}\n", boost::json::serialize(*made));
    else if (auto failed = say_failure(made.error()); status == exit_done)
      status = failed;
  }
  return status;
}

void add_deed(program& to, CLI::App& under, const char* name, const char* sentence, query::alert_status becomes) {
  auto options = std::make_shared<deed_options>();
  auto& command =
      add_command(under, name, sentence,
                  fmt::format("  throng alerts {} 585b6828389f80733029742f51333135 --by ann --note 'lamp replaced'\n"
                              "  throng query alerts --where '{{\"status\": \"open\"}}'",
                              name));
  command.add_option("alerts", options->alerts, "Ids, or beginnings of ids that no other alert has")->required();
  command.add_option("--by", options->by, "Who does it");
  command.add_option("--note", options->note, "A sentence for people");
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  command.callback([&to, options, becomes] { to.chosen = [options, becomes] { return record(becomes, *options); }; });
}

} // namespace

void add_alerts_command(program& to) {
  auto& command = add_command(to.app, "alerts", "What people do to alerts: acknowledge, resolve, reopen",
                              "  throng query alerts --where '{\"status\": \"open\"}'\n"
                              "  throng alerts acknowledge 585b6828 --by ann\n"
                              "  throng alerts resolve 585b6828 --by ann --note 'lamp replaced'");
  command.require_subcommand(1);
  add_deed(to, command, "acknowledge", "Somebody is on it", query::alert_status::acknowledged);
  add_deed(to, command, "resolve", "It is done with", query::alert_status::resolved);
  add_deed(to, command, "reopen", "It is open again", query::alert_status::open);
}

} // namespace throng::service
