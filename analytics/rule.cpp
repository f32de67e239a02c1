#include "analytics/rule.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

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

tl::expected<rule_plan, findings> compile_rule(const config::rule& definition, const std::string& path,
                                               field_table& fields) {
  findings found;
  auto when = match::compile(definition.when, path + ".when", fields, name_scope::pipeline);
  if (!when)
    found = when.error();
  named_slots evidence;
  if (when)
    note_match(evidence, definition.when, fields);
  auto sentence = definition.reason;
  if (sentence.empty()) {
    // Without a sentence of the user's: the rule's name and the values that its condition speaks of.
    for (auto c : definition.name) {
      sentence += c;
      if (c == '{' || c == '}')
        sentence += c;
    }
    char before = ':';
    for (const auto& [name, from] : evidence) {
      sentence += fmt::format("{} {} is {{{}}}", before, name, name);
      before = ',';
    }
  }
  auto reason = reason_template::compile(sentence, path + ".reason", fields);
  if (!reason)
    found.insert(found.end(), reason.error().begin(), reason.error().end());
  if (!found.empty())
    return tl::unexpected(std::move(found));
  for (const auto& [name, from] : reason->fields())
    note(evidence, name, fields);
  return rule_plan{definition.name,     std::move(*when),   definition.severity,
                   definition.cooldown, std::move(*reason), std::move(evidence)};
}

boost::json::object evidence_of(const rule_plan& rule, const event& e) {
  boost::json::object evidence;
  for (const auto& [name, from] : rule.evidence)
    evidence[name] = to_json(e.slots[from]);
  return evidence;
}

} // namespace throng::analytics
