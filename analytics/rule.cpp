#include "analytics/rule.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "analytics/plan_findings.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

using named_slots = std::vector<std::pair<std::string, slot>>;

void note(named_slots& into, std::string_view name, field_table& fields) {
  auto known = [&](const auto& entry) { return entry.first == name; };
  if (std::none_of(into.begin(), into.end(), known))
    into.emplace_back(std::string{name}, fields.lookup(name));
}

/// `"$field"` anywhere in an expression.
void note_expression(named_slots& into, const boost::json::value& x, field_table& fields) {
  if (const auto* text = x.if_string(); text != nullptr && text->size() > 1 && text->front() == '$') {
    std::string_view name{text->data() + 1, text->size() - 1};
    if (name.front() != '$')
      note(into, name, fields);
  } else if (const auto* array = x.if_array()) {
    for (const auto& element : *array)
      note_expression(into, element, fields);
  } else if (const auto* object = x.if_object()) {
    for (const auto& field : *object)
      if (field.key() != "$literal")
        note_expression(into, field.value(), fields);
  }
}

/// The fields that a match speaks of, in its order. @pre it compiles
void note_match(named_slots& into, const boost::json::object& when, field_table& fields) {
  for (const auto& field : when) {
    if (field.key() == "$expr") {
      note_expression(into, field.value(), fields);
    } else if (field.key().starts_with("$")) {
      if (const auto* parts = field.value().if_array())
        for (const auto& part : *parts)
          if (const auto* object = part.if_object())
            note_match(into, *object, fields);
    } else {
      note(into, {field.key().data(), field.key().size()}, fields);
    }
  }
}

/// As a sentence shows it: text without quotes.
void append_shown(std::string& out, const value& x) {
  if (x.kind() == value_kind::text)
    out += x.text();
  else if (x.kind() == value_kind::real)
    out += fmt::format("{:.6g}", x.number());
  else
    append_json(out, x);
}

} // namespace

tl::expected<reason_template, findings> reason_template::compile(std::string_view text, const std::string& path,
                                                                 field_table& fields) {
  reason_template made;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    auto doubled = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      plain += c;
      ++i;
    } else if (c == '}') {
      return tl::unexpected(findings{{path, "a } that closes nothing; }} is a plain brace"}});
    } else if (c == '{') {
      auto close = text.find('}', i);
      if (close == std::string_view::npos)
        return tl::unexpected(findings{{path, "a { that is not closed; {{ is a plain brace"}});
      auto name = text.substr(i + 1, close - i - 1);
      if (name.empty())
        return tl::unexpected(findings{{path, "{} names no field: {temperature} stands for a field's value"}});
      made.pieces_.push_back({std::move(plain), false, 0});
      plain.clear();
      made.pieces_.push_back({{}, true, fields.lookup(name)});
      note(made.fields_, name, fields);
      i = close;
    } else {
      plain += c;
    }
  }
  made.pieces_.push_back({std::move(plain), false, 0});
  return made;
}

std::string reason_template::fill(const event& e) const {
  std::string filled;
  for (const auto& piece : pieces_) {
    if (piece.is_field)
      append_shown(filled, e.slots[piece.from]);
    else
      filled += piece.text;
  }
  return filled;
}

namespace {

/// What rules of all kinds have: a condition, a sentence and what they speak of.
tl::expected<rule_plan, findings> compile_condition(const config::rule& definition, const std::string& path,
                                                    field_table& fields) {
  plan_findings found;
  auto when = match::compile(definition.when, path + ".when", fields, name_scope::pipeline);
  named_slots evidence;
  if (found.take(when))
    note_match(evidence, definition.when, fields);
  auto sentence = definition.reason;
  if (sentence.empty()) {
    // Without a sentence of the user's: the rule's name and the values that its condition speaks of.
    for (auto c : definition.name) {
      sentence += c;
      if (c == '{' || c == '}')
        sentence += c;
    }
    if (!definition.sequence.empty())
      sentence += fmt::format(": {} events in sequence within {}", definition.sequence.size(),
                              format_duration(definition.within));
    if (definition.absent.count() > 0)
      sentence += ": no event for " + format_duration(definition.absent);
    if (definition.windows > 1)
      sentence += fmt::format(": {} windows in a row", definition.windows);
    char before = sentence.size() > definition.name.size() ? ',' : ':';
    for (const auto& [name, from] : evidence) {
      if (definition.absent.count() > 0)
        break; // there is no event to show
      sentence += fmt::format("{} {} is {{{}}}", before, name, name);
      before = ',';
    }
  }
  auto reason = reason_template::compile(sentence, path + ".reason", fields);
  found.take(reason);
  if (auto wrong = found.take_all(); !wrong.empty())
    return tl::unexpected(std::move(wrong));
  for (const auto& [name, from] : reason->fields())
    note(evidence, name, fields);
  for (const auto& name : definition.evidence)
    note(evidence, name, fields);
  rule_plan made{definition.name,
                 std::move(*when),
                 definition.severity,
                 definition.cooldown,
                 std::move(*reason),
                 std::move(evidence),
                 {},
                 {},
                 definition.forget,
                 {},
                 {},
                 {},
                 {},
                 0,
                 {},
                 {},
                 {},
                 1,
                 {}};
  made.within = definition.within;
  made.absent = definition.absent;
  return made;
}

/// The names that a window's document has for conditions.
bool known_in_window(const config::window& over, std::string_view path) {
  auto dot = path.find('.');
  auto first = path.substr(0, dot);
  auto rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  if (rest.empty())
    return first == "events" || first == "late" || first == "start" || first == "end";
  if (first == "group")
    return over.groups_by(rest);
  for (const auto& [field, wanted] : over.aggregates)
    if (field == first)
      return rest == "missing" || std::any_of(wanted.begin(), wanted.end(),
                                              [&](const auto& x) { return rest.substr(0, x.name.size()) == x.name; });
  return false;
}

} // namespace

tl::expected<rule_plan, findings> compile_rule(const config::rule& definition, const std::string& path,
                                               const std::string& key, field_table& fields) {
  auto made = compile_condition(definition, path, fields);
  plan_findings found;
  found.take(made);
  auto part = [&](const boost::json::object& of, const std::string& at) {
    auto compiled = match::compile(of, at, fields, name_scope::pipeline);
    found.take(compiled);
    return compiled;
  };
  std::optional<match> until;
  if (definition.until)
    if (auto compiled = part(*definition.until, path + ".until"))
      until = std::move(*compiled);
  std::optional<match> without;
  if (definition.without)
    if (auto compiled = part(*definition.without, path + ".without"))
      without = std::move(*compiled);
  std::vector<match> steps;
  for (std::size_t i = 0; i < definition.sequence.size(); ++i)
    if (auto compiled = part(definition.sequence[i], fmt::format("{}.sequence[{}]", path, i)))
      steps.push_back(std::move(*compiled));
  if (!definition.sequence.empty() && definition.sequence.size() < 2)
    found.wrong(path + ".sequence", "a sequence has at least two steps");
  if (!definition.sequence.empty() && definition.within.count() <= 0)
    found.wrong(path + ".within", "a sequence's time is longer than nothing");
  if (made && definition.absent.count() > 0) {
    for (const auto& [name, from] : made->reason.fields())
      if (name != key)
        found.wrong(path + ".reason",
                    fmt::format("{{{}}}: of an entity that is not heard of, only its {} is known", name, key));
    made->key = fields.lookup(key);
  }
  if (auto wrong = found.take_all(); !wrong.empty())
    return tl::unexpected(std::move(wrong));
  for (const auto& name : definition.about) {
    made->about.push_back(fields.lookup(name));
    note(made->evidence, name, fields);
  }
  made->until = std::move(until);
  made->without = std::move(without);
  made->steps = std::move(steps);
  return made;
}

tl::expected<rule_plan, findings> compile_window_rule(const config::rule& definition, const std::string& path,
                                                      const config::window& over, std::size_t number,
                                                      const std::string& key) {
  field_table fields;
  auto made = compile_condition(definition, path, fields);
  if (!made)
    return made;
  plan_findings found;
  if (!over.groups_by(key))
    found.wrong(
        path + ".window",
        fmt::format("{} is not grouped by the pipeline's key, {}: its groups lie in several partitions; add it to "
                    "group_by, or bring them together first with `rekey`",
                    over.name, key));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    // A name of group_by stands for itself.
    auto name = fields.path(static_cast<slot>(i));
    if (over.groups_by(name))
      name.insert(0, "group.");
    else if (!known_in_window(over, name))
      found.wrong(path + ".when",
                  fmt::format("{} is nothing that a document of {} has; there are events, late, start, end, "
                              "names of group_by, and aggregates such as x.mean",
                              name, over.name));
    made->paths.push_back(std::move(name));
  }
  if (auto wrong = found.take_all(); !wrong.empty())
    return tl::unexpected(std::move(wrong));
  made->window = over.name;
  made->over_window = number;
  made->windows = definition.windows;
  return made;
}

void pattern_state::save(byte_writer& out) const {
  out.u8(raised ? 1 : 0);
  out.i64(latest);
  out.varint(began.size());
  for (auto each : began)
    out.i64(each);
  out.varint(runs.size());
  for (const auto& [first, last] : runs) {
    out.i64(first);
    out.i64(last);
  }
  out.i64(windows);
  out.i64(next);
  if (alarm)
    alarm->save(out);
}

pattern_state pattern_state::load(byte_reader& in) {
  pattern_state made;
  made.raised = in.u8() != 0;
  made.latest = in.i64();
  made.began.resize(in.count());
  for (auto& each : made.began)
    each = in.i64();
  made.runs.resize(in.count());
  for (auto& [first, last] : made.runs) {
    first = in.i64();
    last = in.i64();
  }
  made.windows = in.i64();
  made.next = in.i64();
  if (!in.at_end())
    made.alarm = std::make_unique<open_alarm>(in);
  return made;
}

boost::json::object evidence_of(const rule_plan& rule, const event& e) {
  boost::json::object evidence;
  for (const auto& [name, from] : rule.evidence)
    evidence[name] = to_json(e.slots[from]);
  return evidence;
}

} // namespace throng::analytics
