#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "analytics/detector.hpp"
#include "service/command_line.hpp"
#include "service/series_file.hpp"

namespace throng::service {

namespace {

struct detect_options {
  std::string file;
  std::string detector = "auto";
  std::string timestamp;
  std::string field;
  std::string output = "-";
  std::vector<std::string> parameters;
  std::optional<double> alarms_per_day;
  std::optional<double> sensitivity;
  bool list = false;
};

int list_detectors() {
  std::string text;
  const auto add = [&](const analytics::detector_doc& doc, std::string_view indent) {
    text += fmt::format("{0}{1}\n{0}    {2}\n", indent, doc.name, doc.sentence);
    for (const auto& parameter : doc.parameters)
      text += fmt::format("{}      {:<16} {:<10} {}\n", indent, parameter.name, parameter.default_value,
                          parameter.sentence);
  };
  for (const auto& doc : analytics::known_detectors())
    add(doc, "");
  text += "  In pipelines only, as they look at more than one series:\n";
  for (const auto& doc : analytics::pipeline_detectors())
    add(doc, "  ");
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_done;
}

expected<std::string> contents(const std::string& file) {
  if (file == "-")
    return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(text << in.rdbuf())))
    return fail(error_kind::not_found, fmt::format("{} can't be read; give a CSV file, or - for standard input", file));
  return std::move(text).str();
}

expected<config::detect> definition_of(const detect_options& options) {
  config::detect made;
  made.name = options.detector;
  made.detector = options.detector;
  for (const auto& one : options.parameters) {
    auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(error_kind::invalid, fmt::format("--parameter {}: is not NAME=VALUE", one));
    auto text = one.substr(equals + 1);
    boost::system::error_code no_json;
    auto parsed = boost::json::parse(text, no_json);
    made.parameters[one.substr(0, equals)] = no_json ? boost::json::value(text) : parsed;
  }
  if (options.alarms_per_day)
    made.parameters["alarms_per_day"] = *options.alarms_per_day;
  if (options.sensitivity)
    made.parameters["sensitivity"] = *options.sensitivity;
  return made;
}

expected<std::string> scored(const detect_options& options, const std::string& text,
                             const analytics::detector& watching) {
  auto file = series_file::open(options.file, text, options.timestamp, options.field);
  if (!file)
    return tl::unexpected(file.error());
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  if (text.starts_with("\xEF\xBB\xBF"))
    out += "\xEF\xBB\xBF";
  out += file->header();
  out += ",anomaly_score,threshold,alarm";
  std::string line_end{file->header_end().empty() ? "\n" : file->header_end()};
  auto series = watching.fresh();
  while (true) {
    auto row = file->next();
    if (!row)
      return tl::unexpected(row.error());
    if (!*row)
      break;
    auto said = series->observe((*row)->time, (*row)->x ? analytics::value::of(*(*row)->x) : analytics::value::null());
    out += line_end;
    out += (*row)->text;
    fmt::format_to(std::back_inserter(out), ",{:.6g},{:.6g},{:d}", said.score, said.threshold, said.alarm);
  }
  out += line_end;
  return out;
}

expected<void> write_out(const std::string& text, const std::string& to) {
  auto* file = to == "-" ? stdout : std::fopen(to.c_str(), "wb");
  auto good =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (file != nullptr && file != stdout)
    good = std::fclose(file) == 0 && good;
  if (!good)
    return fail(error_kind::unavailable, fmt::format("{} can't be written", to == "-" ? "standard output" : to));
  return {};
}

int run(const detect_options& options) {
  if (options.list)
    return list_detectors();
  if (options.file.empty())
    return say_failure({error_kind::invalid, "detect: give a CSV file (- is standard input), or --list", false});
  auto definition = definition_of(options);
  if (!definition)
    return say_failure(definition.error());
  auto watching = analytics::make_detector(*definition, "detect");
  if (!watching) {
    for (const auto& each : watching.error())
      say_failure({error_kind::invalid, fmt::format("{}: {}", each.path, each.sentence), false});
    return exit_wrong_input;
  }
  auto text = contents(options.file);
  if (!text)
    return say_failure(text.error());
  auto out = scored(options, *text, **watching);
  if (!out)
    return say_failure(out.error());
  if (auto written = write_out(*out, options.output); !written)
    return say_failure(written.error());
  return exit_done;
}

} // namespace

void add_detect_command(program& to) {
  auto& command = add_command(
      to.app, "detect", "Find anomalies in a CSV file's series: adds score, threshold and alarm to each row",
      "  throng detect requests.csv > scored.csv\n"
      "  throng detect machine.csv --timestamp at --field temperature --alarms-per-day 0.1 --output scored.csv\n"
      "  throng detect --list");
  auto options = std::make_shared<detect_options>();
  command.add_option("FILE", options->file, "A CSV file with a header; - is standard input");
  command.add_option("--detector", options->detector, "Which one (--list)")->capture_default_str();
  command.add_option("--timestamp", options->timestamp,
                     "The column with the time; without it the one named timestamp, time, date…");
  command.add_option("--field", options->field,
                     "The column to watch; without it the one named value, or the other of two");
  command.add_option("--parameter", options->parameters, "NAME=VALUE of the detector; may be repeated")
      ->allow_extra_args(false);
  auto* budget = command.add_option("--alarms-per-day", options->alarms_per_day,
                                    "How many false alarms a day may be raised, about");
  command.add_option("--sensitivity", options->sensitivity, "An alarm is a score of 1 - sensitivity or more")
      ->excludes(budget);
  command.add_option("-o,--output", options->output, "A file, or - for standard output")->capture_default_str();
  command.add_flag("--list", options->list, "Names the detectors and their parameters");
  command.callback([&to, options] { to.chosen = [options] { return run(*options); }; });
}

} // namespace throng::service
