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
int record(const query::alert_change& to, const deed_options& options) {
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

void add_deed(program& to, CLI::App& under, const query::deed_word& deed) {
  auto options = std::make_shared<deed_options>();
  auto& command =
      add_command(under, deed.word, deed.sentence,
                  fmt::format("  throng alerts {} 585b6828389f80733029742f51333135 --by ann --note 'lamp replaced'\n"
                              "  throng query alerts --where '{{\"status\": \"open\"}}'",
                              deed.word));
  command.add_option("alerts", options->alerts, "Ids, or beginnings of ids that no other alert has")->required();
  command.add_option("--by", options->by, "Who does it");
  command.add_option("--note", options->note, "A sentence for people");
  command.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
  command.callback(
      [&to, options, becomes = deed.becomes] { to.chosen = [options, becomes] { return record(becomes, *options); }; });
}

} // namespace

void add_alerts_command(program& to) {
  auto& command =
      add_command(to.app, "alerts", "What people do to alerts: acknowledge, resolve, mark as right or wrong",
                  "  throng query alerts --where '{\"status\": \"open\"}'\n"
                  "  throng alerts acknowledge 585b6828 --by ann\n"
                  "  throng alerts resolve 585b6828 --by ann --note 'lamp replaced'\n"
                  "  throng alerts wrong 585b6828 --by ann --note 'the sensor was being cleaned'");
  command.require_subcommand(1);
  for (const auto& each : query::deed_words)
    add_deed(to, command, each);
}

} // namespace throng::service
