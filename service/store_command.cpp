#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "query/prune.hpp"
#include "service/command_line.hpp"
#include "service/input_options.hpp"

namespace throng::service {

namespace {

struct store_options {
  std::string store;
  std::string before;
};

int stats(const store_options& options) {
  auto store = open_chosen_store(options.store);
  if (!store)
    return say_failure(store.error());
  auto held = (*store)->stats();
  if (!held)
    return say_failure(held.error());
  std::erase_if(*held, [](const auto& each) { return each.documents == 0; });
  std::sort(held->begin(), held->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  fmt::print("{:<20} {:>12} {:>16}\n", "collection", "documents", "bytes");
  for (const auto& each : *held)
    fmt::print("{:<20} {:>12} {:>16}\n", each.name, each.documents, each.bytes);
  return exit_done;
}

int prune(const store_options& options) {
  auto before = parse_time(options.before, wall_now());
  if (!before)
    return say_failure(
        {error_kind::invalid, fmt::format("--before {}: {}", options.before, before.error().message), false});
  auto store = open_chosen_store(options.store, false);
  if (!store)
    return say_failure(store.error());
  auto pruned = query::prune(**store, *before);
  if (!pruned)
    return say_failure(pruned.error());
  fmt::print("deleted what was over before {}: {} windows, {} alerts, {} events\n", to_iso8601(*before),
             pruned->windows, pruned->alerts, pruned->events);
  return exit_done;
}

} // namespace

void add_store_command(program& to) {
  auto& command =
      add_command(to.app, "store", "What a store holds, and less of it",
                  "  throng store stats\n  throng store prune --before -30d --store mongodb://localhost/throng");
  command.require_subcommand(1);
  auto options = std::make_shared<store_options>();
  auto add = [&](const std::string& name, const std::string& sentence, const std::string& example,
                 auto use) -> CLI::App& {
    auto& added = add_command(command, name, sentence, example);
    added.add_option("--store", options->store, "sqlite:FILE or mongodb://…");
    added.callback([&to, options, use] { to.chosen = [options, use] { return use(*options); }; });
    return added;
  };
  add("stats", "Documents and bytes of each collection", "  throng store stats --store sqlite:throng.db", stats);
  add("prune", "Delete windows that ended, and alerts and raw events, before a time",
      "  throng store prune --before 2026-01-01", prune)
      .add_option("--before", options->before, "ISO 8601, now, or -30d: event time, not the wall clock's")
      ->required();
}

} // namespace throng::service
