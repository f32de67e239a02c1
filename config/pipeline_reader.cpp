#include "config/readers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/fields.hpp"
#include "config/unique_names.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

/// What Throng writes itself: `truth.labels`, `analytics.alerts`, what is between the halves of `rekey`.
constexpr std::array<std::string_view, 2> own_topics{"analytics.", "truth."};

} // namespace

void read_topic(const fields& from, std::string& into) {
  from.read("to", into);
  for (auto prefix : own_topics)
    if (into.starts_with(prefix))
      from.report("to", fmt::format("{} is among the topics that Throng writes itself, {}*; choose another name",
                                    from.shown("to"), prefix));
}

void check_by(const fields& from, const std::string& by, const std::string& key) {
  if (!by.empty() && !key.empty() && by != key)
    from.report("by",
                fmt::format("{} is not the pipeline's key, {}, so its events lie in several partitions; leave `by` "
                            "out, or bring them together first with `rekey`",
                            from.shown("by"), key));
}

namespace {

detect read_detect(const fields& from, const std::string& key) {
  detect result;
  from.read("name", result.name);
  from.read("detector", result.detector);
  from.read("by", result.by);
  check_by(from, result.by, key);
  from.read("field", result.field);
  if (result.detector != "model" && result.detector != "learner" && !from.has("field") && !result.detector.empty())
    from.report("field", "is missing");
  from.read_word("feedback", feedback_words, result.feedback);
  from.read("feedback_most", result.feedback_most);
  constexpr std::array<std::string_view, 6> own{"name", "detector", "by", "field", "feedback", "feedback_most"};
  from.for_each_member([&](const std::string& name, const json::value& value, const std::string&) {
    if (std::find(own.begin(), own.end(), name) == own.end())
      result.parameters[name] = value;
  });
  return result;
}

/// What a rule is beside a condition over one event: a sequence, an absence, or over windows.
void read_pattern(const fields& from, rule& into) {
  if (const auto* steps = from.find("sequence"); steps != nullptr && steps->is_array())
    for (const auto& step : steps->get_array())
      into.sequence.push_back(step.is_object() ? step.get_object() : json::object{});
  from.read("within", into.within);
  if (from.has("without"))
    from.read("without", into.without.emplace());
  from.read("absent", into.absent);
  from.read("window", into.window);
  std::string windows;
  from.read("for", windows);
  if (!windows.empty())
    std::from_chars(windows.data(), windows.data() + windows.size(), into.windows); // the schema knows its form

  auto only_with = [&](const char* name, bool allowed, std::string_view what) {
    if (from.has(name) && !allowed)
      from.report(name, fmt::format("`{}` belongs to {}; leave it out", name, what));
  };
  const auto is_sequence = from.has("sequence");
  const auto is_absence = from.has("absent");
  if (!is_sequence && !is_absence && !from.has("when"))
    from.report("when", "is missing; a rule has `when`, `sequence` or `absent`");
  only_with("when", !is_sequence, "rules about one event; a sequence's conditions are its steps");
  only_with("absent", !is_sequence, "a rule of its own");
  only_with("window", !is_sequence && !is_absence, "a rule with `when` alone");
  only_with("for", from.has("window"), "a rule over a `window`");
  only_with("until", !is_sequence && !is_absence && !from.has("window"), "a rule with `when` over events");
  only_with("within", is_sequence, "a `sequence`");
  only_with("without", is_sequence, "a `sequence`");
  only_with("about", !is_sequence && !is_absence && !from.has("window") && !from.has("until"),
            "a rule with `when` alone, over events");
  only_with("evidence", !is_absence, "rules that something raises; of a silence there is nothing to show");
  if (is_sequence && !from.has("within"))
    from.report("within", "is missing: how long after its first step a sequence may take");
}

rule read_rule(const fields& from) {
  rule result;
  from.read("name", result.name);
  from.read("when", result.when);
  std::string severity;
  from.read("severity", severity);
  result.severity = severity_named(severity).value_or(result.severity);
  from.read("cooldown", result.cooldown);
  from.read("reason", result.reason);
  from.read("about", result.about);
  from.read("evidence", result.evidence);
  if (from.has("until"))
    from.read("until", result.until.emplace());
  from.read("forget", result.forget);
  read_pattern(from, result);
  return result;
}

bool is_field_name(const std::string& name) {
  auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void read_derived(const fields& from, pipeline& into) {
  from.inner("derive").for_each_member([&](const std::string& name, const json::value& value, const std::string& path) {
    if (!is_field_name(name))
      from.in().report_key(path,
                           fmt::format("`{}` is no name of a field; allowed: letters, digits and _, not beginning with "
                                       "a digit, at most 128",
                                       name.substr(0, 80)));
    into.derive.emplace_back(name, value);
  });
}

} // namespace

void read_unit(const fields& from, std::string& timestamp, config::timestamp_unit& into) {
  constexpr std::array<std::pair<std::string_view, timestamp_unit>, 4> names{
      {{"s", timestamp_unit::s}, {"ms", timestamp_unit::ms}, {"us", timestamp_unit::us}, {"ns", timestamp_unit::ns}}};
  from.read("timestamp", timestamp);
  from.read_word("timestamp_unit", names, into);
  if (from.has("timestamp_unit") && !from.has("timestamp"))
    from.report("timestamp_unit", "has no timestamp to be the unit of; name the field in `timestamp`");
}

namespace {

void read_enrichments(const fields& from, pipeline& into) {
  std::set<std::string> added;
  from.for_each_element("enrich", [&](const fields& one, std::size_t) {
    enrichment made;
    one.read("lookup", made.lookup);
    one.read("topic", made.topic);
    made.verdicts = one.has("verdicts");
    read_unit(one, made.timestamp, made.timestamp_unit);
    one.read("keep", made.keep);
    for (const auto* name : {"timestamp", "timestamp_unit", "keep"})
      if (one.has(name) && !one.has("topic"))
        one.report(name, fmt::format("`{}` belongs to a table that is a `topic`; leave it out", name));
    one.read("on", made.on);
    if (made.verdicts && one.has("on") && !into.key.empty() && made.on != into.key)
      one.report("on", fmt::format("{} is not the pipeline's key, {}: alerts, and so verdicts, are of that",
                                   one.shown("on"), into.key));
    if (made.verdicts && one.has("key"))
      one.report("key", "belongs to a file or a topic; leave it out");
    constexpr std::array<std::string_view, 4> said{"entity", "time", "verdict", "right"};
    for (std::size_t i = 0; made.verdicts && one.find("add") != nullptr && i < one.find("add")->if_array()->size(); ++i)
      if (const auto* name = one.find("add")->get_array()[i].if_string();
          name != nullptr &&
          std::find(said.begin(), said.end(), std::string_view{name->data(), name->size()}) == said.end())
        one.in().report(element_path(one.path_of("add"), i), fmt::format("verdicts have: {}", fmt::join(said, ", ")));
    one.read("key", made.key);
    one.read("add", made.add);
    one.read("default", made.defaults);
    if (made.is_file() && made.key.empty() && made.on.find('.') != std::string::npos)
      one.report("on", fmt::format("{} is a path, so the file's column needs a name of its own: say it in `key`",
                                   one.shown("on")));
    for (std::size_t i = 0; i < made.add.size(); ++i)
      if (!added.insert(made.add[i]).second)
        one.in().report(element_path(one.path_of("add"), i),
                        fmt::format("\"{}\" is added already; each field needs its own name", made.add[i]));
    one.inner("default").for_each_member([&](const std::string& name, const json::value&, const std::string& path) {
      if (std::find(made.add.begin(), made.add.end(), name) == made.add.end())
        one.in().report_key(
            path, fmt::format("`{}` is not among the fields that are added: {}", name, fmt::join(made.add, ", ")));
    });
    into.enrich.push_back(std::move(made));
  });
  from.inner("derive").for_each_member([&](const std::string& name, const json::value&, const std::string& path) {
    if (added.contains(name))
      from.in().report_key(path, fmt::format("`{}` is added by enrich already; each field needs its own name", name));
  });
}

/// `1` and `true` take a field as it is.
bool includes(const json::value& x) {
  return x.is_bool() ? x.get_bool() : x.is_number() && x.to_number<double>() == 1;
}

void read_output(const fields& from, pipeline& into) {
  read_topic(from, into.to);
  if (from.has("project") && !from.has("to"))
    from.report("project", "belongs to a pipeline with `to`: what its events have in that topic; leave it out");
  from.inner("project").for_each_member([&](const std::string& name, const json::value& value,
                                            const std::string& path) {
    if (name.empty() || name.front() == '$' || name.find('.') != std::string::npos)
      from.in().report_key(path,
                           fmt::format("`{}` is no name of a top-level field; give what stands at a path a name of "
                                       "its own, as in {{\"city\": \"$place.city\"}}",
                                       name.substr(0, 80)));
    else if ((value.is_number() || value.is_bool()) && !includes(value))
      from.in().report(path,
                       fmt::format("{} neither takes a field (1 or true) nor computes one; what is not named is left "
                                   "out, and a value itself is {{\"$literal\": 5}}",
                                   from.in().shown(path, value)));
    into.project.emplace_back(name, value);
  });
}

/// What stages in front of a join add to an event.
bool adds(const pipeline& of, const std::string& name) {
  return std::any_of(of.derive.begin(), of.derive.end(), [&](const auto& each) { return each.first == name; }) ||
         std::any_of(of.enrich.begin(), of.enrich.end(), [&](const auto& each) {
           return std::find(each.add.begin(), each.add.end(), name) != each.add.end();
         });
}

void read_join(const fields& from, const fields& of, pipeline& into) {
  auto& made = into.join.emplace();
  from.read("with", made.with);
  from.read("on", made.on);
  from.read("within", made.within);
  from.read("add", made.add);
  from.read("key", made.key);
  read_unit(from, made.timestamp, made.timestamp_unit);
  if (!from.has("timestamp")) {
    made.timestamp = into.timestamp;
    made.timestamp_unit = into.timestamp_unit;
  }
  std::string type;
  from.read("type", type);
  made.left = type == "left";
  if (!into.rekey.empty())
    of.report("rekey", "stands in the place of a join, which re-keys by its `on`; leave it out");
  if (!made.with.empty() && made.with == into.source)
    from.report("with",
                fmt::format("{} is the pipeline's source already; a join is of two topics", from.shown("with")));
  const auto top = into.timestamp.substr(0, into.timestamp.find('.'));
  for (std::size_t i = 0; i < made.add.size(); ++i) {
    const auto& name = made.add[i];
    if (adds(into, name) || name == made.on || name == top)
      from.in().report(element_path(from.path_of("add"), i),
                       fmt::format("\"{}\" is {}; each field needs its own name", name,
                                   name == made.on ? "joined on"
                                   : name == top   ? "the timestamp"
                                                   : "added already"));
  }
  into.rekey = made.on;
}

/// @returns the key of what stands behind: features, windows, detectors
std::string read_rekey(const fields& from, pipeline& into) {
  from.read("rekey", into.rekey);
  from.read("idle_advances", into.idle_advances);
  if (!into.rekey.empty() && into.rekey == into.key)
    from.report("rekey", fmt::format("{} is the pipeline's key already; leave it out", from.shown("rekey")));
  if (from.has("join"))
    read_join(from.inner("join"), from, into);
  if (into.rekey.empty() && from.has("idle_advances"))
    from.report("idle_advances", "belongs to a pipeline with `rekey`; leave it out");
  return into.rekey.empty() ? into.key : into.rekey;
}

} // namespace

pipeline read_pipeline(document& in, const json::value& value, const std::string& path) {
  fields from{in, value, path};
  pipeline result;
  from.read("name", result.name);
  from.read("description", result.description);
  from.read("source", result.source);
  from.read("key", result.key);
  read_unit(from, result.timestamp, result.timestamp_unit);
  from.read("disorder", result.disorder);
  from.read("idle", result.idle);
  from.read("max_ahead", result.max_ahead);
  from.read("max_message", result.max_message);
  from.read("max_state", result.max_state);
  from.read("where", result.where);
  read_enrichments(from, result);
  read_derived(from, result);
  const auto key = read_rekey(from, result);

  if (from.has("graph")) {
    auto graph = from.inner("graph");
    auto& into = result.graph.emplace();
    graph.read("from", into.from);
    graph.read("to", into.to);
    graph.read("amount", into.amount);
    if (!into.from.empty() && into.from == into.to)
      graph.report("to",
                   fmt::format("{} is also who pays; a payment goes from one account to another", graph.shown("to")));
  }
  read_output(from, result);

  unique_names features{"feature"};
  from.for_each_element("features", [&](const fields& one, std::size_t) {
    result.features.push_back(read_feature(one, key, result.graph.has_value()));
    const auto& name = result.features.back().name;
    features.add(one, name);
    if (std::any_of(result.derive.begin(), result.derive.end(), [&](const auto& d) { return d.first == name; }))
      one.report("name", fmt::format("{} is derived already; each field needs its own name", one.shown("name")));
    for (const auto& enriched : result.enrich)
      if (std::find(enriched.add.begin(), enriched.add.end(), name) != enriched.add.end())
        one.report("name",
                   fmt::format("{} is added by enrich already; each field needs its own name", one.shown("name")));
  });
  unique_names windows{"window"};
  from.for_each_element("windows", [&](const fields& one, std::size_t) {
    result.windows.push_back(read_window(one, key));
    windows.add(one, result.windows.back().name);
  });
  // An alert says which detector or rule raised it in one field.
  unique_names alarms{"detector or rule"};
  from.for_each_element("detect", [&](const fields& one, std::size_t) {
    result.detectors.push_back(read_detect(one, key));
    alarms.add(one, result.detectors.back().name);
  });
  from.for_each_element("rules", [&](const fields& one, std::size_t) {
    result.rules.push_back(read_rule(one));
    alarms.add(one, result.rules.back().name);
  });
  read_sinks(from, result);
  return result;
}

} // namespace throng::config
