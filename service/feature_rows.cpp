#include "service/feature_rows.hpp"

#include <algorithm>

#include "analytics/alert.hpp"
#include "analytics/json_text.hpp"
#include "config/csv_cell.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

/// As a model takes it: truth is 1 or 0, nothing is an empty cell.
void append_value(std::string& line, const json::value* x) {
  if (x == nullptr || x->is_null())
    return;
  if (x->is_bool()) {
    line += x->get_bool() ? '1' : '0';
  } else if (x->is_string()) {
    append_csv_cell(line, {x->get_string().data(), x->get_string().size()});
  } else {
    std::string text;
    analytics::append_json_text(text, *x);
    append_csv_cell(line, text);
  }
}

} // namespace

feature_table feature_table_of(const config::pipeline& of, const std::vector<std::string>& fields) {
  feature_table made;
  made.key = of.key;
  const auto add = [&](const std::string& name) {
    if (std::find(made.columns.begin(), made.columns.end(), name) == made.columns.end())
      made.columns.push_back(name);
  };
  for (const auto& name : fields)
    add(name);
  for (const auto& each : of.enrich)
    for (const auto& name : each.add)
      add(name);
  for (const auto& [name, from] : of.derive)
    add(name);
  for (const auto& each : of.features)
    add(each.name);
  return made;
}

config::pipeline telling_of_all(config::pipeline of, const feature_table& table) {
  of.windows.clear();
  of.detectors.clear();
  of.rules.clear();
  auto& rule = of.rules.emplace_back();
  rule.name = "features";
  rule.reason = "{" + table.key + "} {seq}";
  for (const auto& name : table.columns)
    rule.reason += " {" + name + "}";
  return of;
}

feature_rows::feature_rows(row_output& out, feature_table table, std::optional<event_labels> labels)
    : out_(out)
    , table_(std::move(table))
    , labels_(std::move(labels)) {}

expected<void> feature_rows::begin() {
  std::string line = "entity,time";
  for (const auto& name : table_.columns) {
    line += ',';
    append_csv_cell(line, name);
  }
  if (labels_)
    line += ",label,cause";
  return out_.append(line);
}

expected<void> feature_rows::take(std::span<const storage::stamped_document> batch) {
  for (const auto& [what, stamp] : batch) {
    if (what->into != analytics::collection::alerts)
      continue;
    const auto& evidence = what->body.at("evidence").get_object();
    std::string line;
    append_csv_cell(line, std::string_view{what->body.at("entity").get_string()});
    line += ',';
    line += to_iso8601({what->body.at("time").get_int64()});
    for (const auto& name : table_.columns) {
      line += ',';
      append_value(line, evidence.if_contains(name));
    }
    if (labels_) {
      const auto* seq = evidence.if_contains("seq");
      const auto* key = evidence.if_contains(table_.key);
      const auto* label = seq != nullptr && seq->is_int64() && key != nullptr
                              ? labels_->of(analytics::entity_text(*key), seq->get_int64())
                              : nullptr;
      line += label != nullptr && label->malicious ? ",1," : ",0,";
      if (label != nullptr)
        append_csv_cell(line, label->cause);
    }
    if (auto written = out_.append(line); !written)
      return written;
    ++rows_;
  }
  return {};
}

} // namespace throng::service
