#include "query/audit.hpp"

#include <memory>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/input_options.hpp"
#include "service/report.hpp"

namespace throng::service {

namespace {

boost::json::object as_json(const query::audit_report& what) {
  boost::json::array findings;
  for (const auto& finding : what.findings)
    findings.push_back({{"topic", finding.topic}, {"key", finding.key}, {"finding", finding.sentence}});
  return {{"command", "audit"},
          {"keys", what.keys},
          {"messages", what.messages},
          {"duplicates", what.duplicates},
          {"malformed", what.malformed},
          {"lost", what.lost},
          {"doubled", what.doubled},
          {"holds", what.holds()},
          {"findings", std::move(findings)}};
}

int run(const std::string& store_uri, const std::string& report) {
  auto store = open_chosen_store(store_uri);
  if (!store)
    return say_failure(store.error());
  auto result = query::audit(**store);
  if (!result)
    return say_failure(result.error());
  if (report != "-") {
    fmt::print("{} keys, {} messages of the world; labelled trouble: {} doubled, {} malformed\n"
               "lost: {}\ndoubled beyond that: {}\n",
               result->keys, result->messages, result->duplicates, result->malformed, result->lost, result->doubled);
    for (const auto& finding : result->findings)
      fmt::print("{} {}: {}\n", finding.topic, finding.key, finding.sentence);
  }
  if (!report.empty())
    if (auto written = write_report(as_json(*result), report); !written)
      return say_failure(written.error());
  return result->holds() ? exit_done : exit_does_not_hold;
}

} // namespace

void add_audit_command(program& to) {
  auto& command = add_command(to.app, "audit", "Prove that nothing the world made was lost or doubled",
                              "  throng audit\n  throng audit --store sqlite:throng.db --report -");
  auto store = std::make_shared<std::string>();
  auto report = std::make_shared<std::string>();
  command.add_option("--store", *store, "sqlite:FILE or mongodb://…");
  command.add_option("--report", *report, "One JSON object, to a file or - for standard output");
  command.callback([&to, store, report] { to.chosen = [store, report] { return run(*store, *report); }; });
}

} // namespace throng::service
