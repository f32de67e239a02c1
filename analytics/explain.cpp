// pipeline_plan::explain(): what a pipeline will do, in words.
#include <array>

#include <fmt/format.h>

#include "analytics/compiled_pipeline.hpp"
#include "analytics/json_text.hpp"
#include "config/http_address.hpp"

namespace throng::analytics {

namespace {

/// Of a feature of the graph.
std::string what_of_accounts(const config::feature& feature) {
  const auto span = fmt::format("in the last {}", format_duration(feature.over));
  const std::string_view side = feature.of_payee ? "the account that is paid" : "the account that pays";
  switch (feature.kind) {
  case config::feature_kind::fan_in:
    return fmt::format("how many accounts paid {} {}", side, span);
  case config::feature_kind::fan_out:
    return fmt::format("how many accounts {} paid {}", side, span);
  case config::feature_kind::received:
    return fmt::format("how much {} was paid {}", side, span);
  case config::feature_kind::sent:
    return fmt::format("how much {} paid {}", side, span);
  case config::feature_kind::held:
    return fmt::format("the seconds since {} was paid before, {}", side, span);
  case config::feature_kind::payers:
    return fmt::format("the accounts that paid {} {}", side, span);
  case config::feature_kind::payees:
    return fmt::format("the accounts that {} paid {}", side, span);
  case config::feature_kind::cycle:
    return fmt::format(
        "the accounts of the shortest way of at most {} payments {} by which the money comes back to who "
        "paid first, each at least {} of the one before",
        feature.up_to, span, feature.share);
  default:
    return fmt::format("the account that paid this one through most others {}, those, and this one", span);
  }
}

/// "the sum of amount over the last 1h of its account_id"
std::string what_of(const config::feature& feature, const std::string& key) {
  auto span = fmt::format("the last {} of its {}", format_duration(feature.over), key);
  auto over = [&](std::string_view what) { return fmt::format("the {} of {} over {}", what, feature.field, span); };
  switch (feature.kind) {
  case config::feature_kind::count:
    return fmt::format("the count of events in {}", span);
  case config::feature_kind::sum:
    return over("sum");
  case config::feature_kind::mean:
    return over("mean");
  case config::feature_kind::min:
    return over("least value");
  case config::feature_kind::max:
    return over("greatest value");
  case config::feature_kind::distinct:
    return over("number of distinct values");
  case config::feature_kind::last:
    return fmt::format("{} in the event before, in {}", feature.field, span);
  case config::feature_kind::since:
    return fmt::format("the seconds since the event before, in {}", span);
  case config::feature_kind::seen:
    return fmt::format("how many events before it had its {}, in {}", feature.field, span);
  case config::feature_kind::speed:
    return fmt::format("the speed in km/h from the place ({}, {}) of the event before, in {}", feature.field,
                       feature.lon, span);
  case config::feature_kind::habit:
    return fmt::format("{} over its mean in the events before{}, in {}", feature.field,
                       feature.group.empty() ? std::string{} : " that have its " + feature.group, span);
  default:
    return what_of_accounts(feature);
  }
}

/// Whether the event that is looked back from is among those counted.
bool includes_itself(config::feature_kind kind) {
  return kind < config::feature_kind::last;
}

std::string json(const boost::json::value& x) {
  std::string text;
  append_json_text(text, x);
  return text;
}

std::string shape_words(const config::window& window) {
  switch (window.kind) {
  case config::window::shape::tumbling:
    return fmt::format("every {}", format_duration(window.size));
  case config::window::shape::hopping:
    return fmt::format("the last {}, every {}", format_duration(window.size), format_duration(window.every));
  case config::window::shape::session:
    return fmt::format("a session lasts as long as events follow each other within {}", format_duration(window.size));
  case config::window::shape::calendar:
    return fmt::format("each {} of the calendar, as clocks in {} show it",
                       window.calendar == "1d"    ? "day"
                       : window.calendar == "1w"  ? "week (from Monday)"
                       : window.calendar == "1mo" ? "month"
                       : window.calendar == "3mo" ? "quarter"
                                                  : "year",
                       window.zone);
  }
  return {};
}

std::string window_sentence(const config::window& window) {
  auto text = fmt::format("Window {}: {}", window.name, shape_words(window));
  if (window.offset.count() != 0)
    text += fmt::format(", beginning {}ms off the round times", window.offset.count());
  text += window.group_by.empty() ? ", over all events" : fmt::format(", by {}", fmt::join(window.group_by, " and "));
  for (const auto& [field, wanted] : window.aggregates) {
    std::vector<std::string> names;
    for (const auto& aggregate : wanted)
      names.push_back(aggregate.name);
    text += fmt::format("; {} of {}", fmt::join(names, ", "), field);
  }
  if (!window.to.empty())
    text += fmt::format(". Its document goes to the topic {} when it is final", window.to);
  const auto session = window.kind == config::window::shape::session;
  if (session)
    text +=
        fmt::format(". A late event may prolong a session, or merge two; what was stored of the one that is no more is "
                    "deleted. An event counts as late {} behind its own time",
                    format_duration(window.size));
  text += ". It is written when the watermark reaches its end";
  if (window.emit_every)
    text += fmt::format(" and every {} of event time before", format_duration(*window.emit_every));
  if (session)
    text += fmt::format("; late events change it for another {}, then it is final.\n",
                        format_duration(window.size + window.lateness));
  else if (window.lateness.count() > 0)
    text +=
        fmt::format("; late events change it for another {}, then it is final.\n", format_duration(window.lateness));
  else
    text += ", and is final then.\n";
  return text;
}

/// What an event has in the topic that it goes on to.
std::string output_words(const config::pipeline& p) {
  if (p.project.empty())
    return "as it came, with what was added to it";
  std::vector<std::string> members;
  for (const auto& [name, from] : p.project)
    members.push_back(from.is_number() || from.is_bool() ? name : fmt::format("{} = {}", name, json(from)));
  return fmt::format("with {}", fmt::join(members, ", "));
}

/// What goes into a sink, and how often each of it is there.
std::string sink_content_words(const config::sink& sink, const std::string& source) {
  switch (sink.of) {
  case config::sink_content::events:
    return fmt::format("every message of {} as it came", source);
  case config::sink_content::windows:
    return "every window of each partition, when it is final,";
  case config::sink_content::alerts:
    return "every alert";
  }
  return {};
}

std::string sink_sentence(const config::sink& sink, const std::string& source) {
  const auto what = sink_content_words(sink, source);
  const auto bounds =
      fmt::format("every {}, or at {} {} or {} MiB of a partition", format_duration(sink.every), sink.rows,
                  sink.of == config::sink_content::events ? "messages" : "results", sink.megabytes);
  const auto again = sink.of == config::sink_content::events
                         ? std::string{}
                         : " The sink runs the pipeline once more for it, with a checkpoint of its own.";
  if (config::is_http(sink.to)) {
    const auto bulk = sink.format == config::sink_format::elasticsearch;
    return fmt::format(
        "Sink {}: {} goes by POST to {}, as {}, {}; what the server refuses for good goes to "
        "analytics.dead_letter.{}{}\n",
        sink.name, what, sink.to,
        bulk ? "a document of its index under an id by which a repeat replaces itself"
             : "a line of JSON, which after a crash may come twice",
        bounds,
        sink.authorization.empty()
            ? std::string{}
            : fmt::format(" The header Authorization comes from {} in the environment.", sink.authorization),
        again);
  }
  constexpr std::array formats{"NDJSON", "CSV", "Parquet"};
  return fmt::format("Sink {}: {} stands once in {} files below {}, which are closed {}.{}\n", sink.name, what,
                     formats.at(static_cast<std::size_t>(sink.format)), sink.to, bounds, again);
}

/// When a rule alerts.
std::string condition_words(const config::rule& rule, const std::string& key) {
  if (!rule.sequence.empty()) {
    std::vector<std::string> steps;
    for (const auto& step : rule.sequence)
      steps.push_back(json(step));
    return fmt::format("an event of a {} where {} come one after the other within {}{}", key,
                       fmt::join(steps, ", then one where "), format_duration(rule.within),
                       rule.without ? fmt::format(", without one where {} in between", json(*rule.without))
                                    : std::string{});
  }
  if (rule.absent.count() > 0)
    return fmt::format("a {} that was heard of has no event{} for {} of event time", key,
                       rule.when.empty() ? std::string{} : " where " + json(rule.when), format_duration(rule.absent));
  if (!rule.window.empty())
    return fmt::format("{} of {} in a row, each seen once, when it is final, hold {}",
                       rule.windows == 1 ? std::string{"one window"} : fmt::format("{} windows", rule.windows),
                       rule.window, json(rule.when));
  if (rule.until)
    return fmt::format("{}, and then not again until {}, or until nothing came of that {} for {}", json(rule.when),
                       json(*rule.until), key, format_duration(rule.forget));
  return json(rule.when);
}

} // namespace

std::string pipeline_plan::explain() const {
  const auto& p = impl_->definition;
  std::string text = fmt::format("{} reads the topic {}; an event's entity is its {}, its time {}.\n", p.name, p.source,
                                 p.key, p.timestamp.empty() ? "the message's Kafka timestamp" : "its " + p.timestamp);
  if (!p.description.empty())
    text += p.description + '\n';
  text += fmt::format(
      "Events may come up to {} out of order: each partition's watermark is its highest event time less that.\n",
      format_duration(p.disorder));
  for (const auto& sink : p.sinks)
    text += sink_sentence(sink, p.source);
  if (!p.where.empty())
    text += fmt::format("Only events where {} go on; the others still move the watermark.\n", json(p.where));
  for (const auto& x : p.enrich) {
    const auto otherwise = x.defaults.empty() ? std::string{"null"} : json(x.defaults);
    if (x.verdicts) {
      text += fmt::format(
          "Each event gets {} of the last alert of its {} up to its time of which somebody has said that it "
          "was right or wrong{}.\n",
          fmt::join(x.add, " and "), x.on, otherwise);
      continue;
    }
    if (!x.topic.empty()) {
      text += fmt::format(
          "Each event gets {} of the row that the topic {} had under its {} at the event's own time, as far as the "
          "topic was read; without one {}. A message without a value deletes its row.\n",
          fmt::join(x.add, " and "), x.topic, x.on, otherwise);
      continue;
    }
    text += fmt::format("Each event gets {} of the row of {} whose {} is its {}; without one {}. The file is "
                        "read again when it changes.\n",
                        fmt::join(x.add, " and "), x.lookup, x.key_name(), x.on, otherwise);
  }
  for (const auto& [name, from] : p.derive)
    text += fmt::format("Each event gets {} = {}.\n", name, json(from));
  const auto& key = p.rekey.empty() ? p.key : p.rekey;
  if (p.join)
    text += fmt::format(
        "Then it is joined with each event of the topic {} that has the same {} and is at most {} before or behind it, "
        "and "
        "gets its {}; without one it {}. For that both topics travel through the topic {}: what follows sees all "
        "joined "
        "events of one {} together, in order of time, {} behind the least of the partitions' watermarks{}.\n",
        p.join->with, p.join->on, format_duration(p.join->within), fmt::join(p.join->add, " and "),
        p.join->left ? "goes on with null" : "goes no further", internal_topic(p.name), key,
        format_duration(p.join->within),
        p.idle_advances ? fmt::format("; a partition that is silent for {} is not waited for, and results are marked "
                                      "\"exact\": false from then on",
                                      format_duration(p.idle))
                        : "");
  else if (rekeys())
    text +=
        fmt::format("Then the stream is re-keyed by {} through the topic {}: what follows sees all events of one {} "
                    "together, in order of time, up to the least of the partitions' watermarks{}.\n",
                    key, internal_topic(p.name), key,
                    p.idle_advances ? fmt::format("; a partition that is silent for {} is not waited for, and "
                                                  "results are marked \"exact\": false from then on",
                                                  format_duration(p.idle))
                                    : "");
  if (p.graph)
    text += fmt::format(
        "Each event with a {} above 0 is a payment from its {} to its {}; those of one {} make a graph, which "
        "remembers the newest {} each way of an account.\n",
        p.graph->amount, p.graph->from, p.graph->to, key, payment_graph::most_payments);
  const auto& stages = rekeys() ? impl_->behind_rekey->compiled() : *impl_;
  for (const auto& feature : p.features)
    text += fmt::format("Each event gets {}: {}{}{}.\n", feature.name, what_of(feature, key),
                        feature.where ? fmt::format(", where {}", json(*feature.where)) : std::string{},
                        includes_itself(feature.kind) ? ", itself included" : "");
  if (!p.to.empty())
    text += fmt::format(
        "Each event goes on to the topic {}, late ones too, keyed by its {}, {}. One that a crash makes come "
        "twice has the same id in its headers.\n",
        p.to, key, output_words(p));
  for (const auto& window : p.windows)
    text += window_sentence(window);
  if (!p.windows.empty())
    text += "Events too late for every window that contains them go to analytics.late.\n";
  for (const auto& each : stages.detectors)
    text += fmt::format("Detector {} watches {} of each {}: it alerts when {}.\n", each.name, each.field, key,
                        each.watching->sentence());
  for (const auto& each : stages.peers)
    text += fmt::format(
        "Detector {} holds {} of each {} against the median of the other {}s of its {} that are at most {} old, {} "
        "at least, and watches the distance: it alerts when {}.\n",
        each.name, each.field, each.member_field, each.member_field, key, format_duration(each.within), each.least,
        each.watching->sentence());
  for (const auto& each : stages.models)
    text += fmt::format("Model {} of {} trees scores each event by {}: it alerts from a probability of {:g} on{}.\n",
                        each.name, each.trees->trees(), fmt::join(each.fields, ", "), each.threshold,
                        each.cooldown.count() > 0 ? fmt::format(", at most once in {} for each {} (and partition)",
                                                                format_duration(each.cooldown), key)
                                                  : std::string{});
  for (const auto& each : stages.learners)
    text += fmt::format(
        "Learner {} scores each event by {}, and learns from it {} later, as bad if {} says so by then: it alerts when "
        "it "
        "looks as bad as hardly a good event does{}; quiet before {} bad events. Each partition learns for itself.\n",
        each.name, fmt::join(each.fields, ", "), format_duration(each.wait), each.labels, each.terms.sentence(),
        each.least);
  for (const auto& each : p.detectors)
    if (each.feedback != config::feedback::off)
      text += fmt::format(
          "Verdicts teach {}: alerts that people mark as wrong raise its threshold{} to just above their scores, {:g} "
          "at most, and those that they mark as right hold it down.\n",
          each.name, each.feedback == config::feedback::entity ? " for whom they are about" : " for everybody",
          each.feedback_most);
  for (const auto& rule : p.rules)
    text +=
        fmt::format("Rule {} raises a {}{} when {}{}.\n", rule.name,
                    rule.severity == config::severity::critical  ? "critical alert"
                    : rule.severity == config::severity::warning ? "warning"
                                                                 : "note",
                    rule.about.empty() ? std::string{} : fmt::format(" for each {}", fmt::join(rule.about, " and ")),
                    condition_words(rule, key),
                    rule.cooldown.count() > 0
                        ? fmt::format(", at most once in {} for each {} (and partition)",
                                      format_duration(rule.cooldown), rule.about.empty() ? key : std::string{"of them"})
                        : std::string{});
  if (needs_matching_key())
    text += fmt::format("Each message's Kafka key must be its {}: features, detectors, sessions and rules that "
                        "remember need all of an entity's events in one "
                        "partition; `rekey` a stream that is keyed otherwise.\n",
                        p.key);
  text += "What can't be read goes to analytics.dead_letter.\n";
  return text;
}

} // namespace throng::analytics
