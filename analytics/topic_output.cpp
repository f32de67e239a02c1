#include "analytics/topic_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"
#include "analytics/plan_findings.hpp"

namespace throng::analytics {

namespace {

output_plan::member member_named(const std::string& name) {
  output_plan::member made;
  made.name = name;
  append_json_string(made.quoted, name);
  made.quoted += ':';
  return made;
}

bool takes_as_it_is(const boost::json::value& x) {
  return x.is_bool() || x.is_number(); // config/ lets 1 and true through
}

/// The message's own members that no added one replaces, as they stand.
void append_kept_members(std::string& out, const output_plan& plan, std::string_view message) {
  json_scanner in{message};
  in.peek();
  in.open(0);
  std::string unescaped;
  json_string token;
  for (bool first = true; in.next_element('}', first); first = false) {
    in.peek();
    const char* begin = in.position();
    in.take_name(token);
    in.skip_value(1);
    auto name = token.raw;
    if (token.escaped) {
      unescaped.clear();
      append_unescaped(unescaped, token);
      name = unescaped;
    }
    if (std::any_of(plan.members.begin(), plan.members.end(), [&](const auto& each) { return each.name == name; }))
      continue;
    if (out.size() > 1)
      out += ',';
    out.append(begin, in.position());
  }
}

} // namespace

tl::expected<output_plan, findings> compile_output(const config::pipeline& definition,
                                                   const std::vector<std::string>& added, field_table& fields) {
  output_plan plan;
  plan.topic = definition.to;
  plan.projected = !definition.project.empty();
  plan_findings found;
  for (const auto& [name, from] : definition.project) {
    auto& made = plan.members.emplace_back(member_named(name));
    if (takes_as_it_is(from)) {
      made.from = fields.lookup(name);
      continue;
    }
    if (auto computed = expression::compile(from, "project." + name, fields, name_scope::pipeline);
        found.take(computed))
      made.computed.emplace(std::move(*computed));
  }
  if (!plan.projected)
    for (const auto& name : added) {
      plan.members.push_back(member_named(name));
      plan.members.back().from = fields.lookup(name);
    }
  if (auto wrong = found.take_all(); !wrong.empty())
    return tl::unexpected(std::move(wrong));
  return plan;
}

std::uint64_t write_event(const output_plan& plan, const event& e, std::string_view message, std::string& text) {
  if (!plan.projected && plan.members.empty()) {
    text.assign(message);
    return 0;
  }
  text.assign(1, '{');
  if (!plan.projected)
    append_kept_members(text, plan, message);
  std::uint64_t type_errors = 0;
  for (const auto& each : plan.members) {
    bool wrong = false;
    const auto x = each.computed ? each.computed->evaluate(e, wrong) : e.slots[each.from];
    type_errors += wrong ? 1 : 0;
    if (x.kind() == value_kind::missing)
      continue;
    if (text.size() > 1)
      text += ',';
    text += each.quoted;
    append_json(text, x);
  }
  text += '}';
  return type_errors;
}

side_message output_message(const task_identity& who, const output_plan& plan, const rekeyed_origin& at, const event& e,
                            std::string&& text) {
  side_message sent;
  sent.topic = plan.topic;
  sent.key = e.key;
  sent.value = std::move(text);
  sent.time = e.time;
  sent.headers = place_headers(who.pipeline, at, sent.topic);
  return sent;
}

side_message window_message(const task_identity& who, const std::string& topic, const std::string& key,
                            const document& final) {
  side_message sent;
  sent.topic = topic;
  sent.key = entity_text(final.body.at("group").at(key));
  sent.time = {final.body.at("end").get_int64()};
  append_json_text(sent.value, shown_body(final));
  sent.headers = {{"id", final.id},
                  {"pipeline", who.pipeline},
                  {"source_topic", who.topic},
                  {"source_partition", std::to_string(who.partition)}};
  return sent;
}

} // namespace throng::analytics
