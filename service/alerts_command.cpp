#include <memory>

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "query/alert_life.hpp"
#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/mute_options.hpp"

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

/// Prints it as it then is.
int say(const expected<boost::json::object>& made) {
  if (!made)
    return say_failure(made.error());
  fmt::print("{}\n", boost::json::serialize(*made));
  return exit_done;
}

/// The options that both have, and what they do.
template <class Options, class Change>
void change_mutes(program& to, CLI::App& command, std::shared_ptr<Options> options, Change change) {
  auto store = std::make_shared<std::string>();
  command.add_option("--by", options->by, "Who does it");
  command.add_option("--note", options->note, "A sentence for people");
  command.add_option("--store", *store, "sqlite:FILE or mongodb://…");
  command.callback([&to, options, store, change] {
    to.chosen = [options, store, change] {
      const auto what = resolve(*options);
      if (!what)
        return say_failure(what.error());
      auto opened = open_chosen_store(*store, false);
      return opened ? say(change(**opened, *what)) : say_failure(opened.error());
    };
  });
}

void add_mute(program& to, CLI::App& under) {
  auto options = std::make_shared<mute_options>();
  auto& command =
      add_command(under, "mute", "Nobody is told of such alerts until a time",
                  "  throng alerts mute --entity sensor-000007 --until +8h --by ann --note 'being replaced'\n"
                  "  throng alerts mute --pipeline bank-fraud --detector card-testing --until 2026-02-01\n"
                  "  throng query mutes");
  command.add_option("--pipeline", options->of.pipeline, "Alerts of this pipeline");
  command.add_option("--detector", options->of.detector, "Alerts of this detector or rule");
  command.add_option("--entity", options->of.entity, "Alerts about this entity");
  command.add_option("--from", options->from, "Alerts from this event time on")->capture_default_str();
  command.add_option("--until", options->until, "Alerts before this event time: ISO 8601, or +8h from now");
  change_mutes(to, command, options, query::record_mute);
}

void add_unmute(program& to, CLI::App& under) {
  auto options = std::make_shared<mute_end_options>();
  auto& command = add_command(under, "unmute", "A mute ends before its time",
                              "  throng query mutes\n  throng alerts unmute 0f3a9c1d --by ann");
  command.add_option("mute", options->id, "Its id, or a beginning of it that no other mute has")->required();
  command.add_option("--until", options->until, "Alerts from this event time on are told again")->capture_default_str();
  change_mutes(to, command, options, query::end_mute);
}

} // namespace

void add_alerts_command(program& to) {
  auto& command =
      add_command(to.app, "alerts", "What people do to alerts: acknowledge, resolve, mark as right or wrong, mute",
                  "  throng query alerts --where '{\"status\": \"open\"}'\n"
                  "  throng alerts acknowledge 585b6828 --by ann\n"
                  "  throng alerts resolve 585b6828 --by ann --note 'lamp replaced'\n"
                  "  throng alerts wrong 585b6828 --by ann --note 'the sensor was being cleaned'");
  command.require_subcommand(1);
  for (const auto& each : query::deed_words)
    add_deed(to, command, each);
  add_mute(to, command);
  add_unmute(to, command);
}

} // namespace throng::service
