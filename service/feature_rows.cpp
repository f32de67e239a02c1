#include "service/feature_rows.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "analytics/alert.hpp"
#include "analytics/flat_document.hpp"
#include "analytics/json_text.hpp"
#include "config/csv_cell.hpp"
#include "query/csv_table.hpp"
#include "service/parquet_output.hpp"
#include "service/row_output.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

/// As a model takes it: truth is 1 or 0, nothing is an empty cell.
void append_value(std::string& line, const json::value& x) {
  if (x.is_null())
    return;
  if (x.is_bool()) {
    line += x.get_bool() ? '1' : '0';
  } else if (x.is_string()) {
    append_csv_cell(line, {x.get_string().data(), x.get_string().size()});
  } else {
    std::string text;
    analytics::append_json_text(text, x);
    append_csv_cell(line, text);
  }
}

void append_cells(std::string& line, const query::flat_document& row) {
  for (const auto& [name, value] : row) {
    if (&name != &row.front().first)
      line += ',';
    append_value(line, *value);
  }
}

class rows_as_text final : public feature_output {
public:
  rows_as_text(row_output out, bool csv)
      : out_(std::move(out))
      , csv_(csv) {}

  expected<void> begin(const std::vector<std::string>& names) override {
    return csv_ ? out_.append(query::csv_head(names)) : expected<void>{};
  }
  expected<void> append(const query::flat_document& row) override {
    line_.clear();
    if (csv_)
      append_cells(line_, row);
    else
      analytics::append_json_text(line_, row);
    return out_.append(line_);
  }
  expected<void> finish() override {
    return out_.finish();
  }

private:
  row_output out_;
  bool csv_;
  std::string line_;
};

class rows_as_parquet final : public feature_output {
public:
  explicit rows_as_parquet(parquet_output out)
      : out_(std::move(out)) {}
  expected<void> begin(const std::vector<std::string>&) override {
    return {};
  }
  expected<void> append(const query::flat_document& row) override {
    return out_.append(row);
  }
  expected<void> finish() override {
    return out_.finish([](std::uint64_t) { return expected<void>{}; });
  }

private:
  parquet_output out_;
};

} // namespace

expected<std::unique_ptr<feature_output>> open_feature_output(const std::string& format, const std::string& to,
                                                              const std::string& name, bool force) {
  if (format == "parquet") {
    auto file = parquet_output::open(to, name, {"time"}, force);
    if (!file)
      return tl::unexpected{file.error()};
    return std::make_unique<rows_as_parquet>(std::move(*file));
  }
  const auto csv = format == "csv";
  auto file = row_output::open(to, name, csv ? transport::file_form::csv : transport::file_form::ndjson, force);
  if (!file)
    return tl::unexpected{file.error()};
  return std::make_unique<rows_as_text>(std::move(*file), csv);
}

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

feature_rows::feature_rows(feature_output& out, feature_table table, std::optional<event_labels> labels)
    : out_(out)
    , table_(std::move(table))
    , labels_(std::move(labels)) {}

expected<void> feature_rows::begin() {
  names_ = {"entity", "time"};
  names_.insert(names_.end(), table_.columns.begin(), table_.columns.end());
  if (labels_)
    names_.insert(names_.end(), {"label", "cause"});
  for (auto name = names_.begin(); name != names_.end(); ++name)
    if (std::find(names_.begin(), name, *name) != name)
      return fail(error_kind::invalid,
                  fmt::format("two columns would be called {}: rows have one of their own; derive the field under "
                              "another name",
                              *name));
  return out_.begin(names_);
}

expected<void> feature_rows::take(std::span<const storage::stamped_document> batch) {
  const json::value nothing;
  for (const auto& [what, stamp] : batch) {
    if (what->into != analytics::collection::alerts)
      continue;
    const auto& evidence = what->body.at("evidence").get_object();
    const json::value time(to_iso8601({what->body.at("time").get_int64()}));
    json::value malicious;
    json::value cause;
    query::flat_document row;
    auto add = [&](const json::value* value) {
      row.emplace_back(names_[row.size()], value != nullptr ? value : &nothing);
    };
    add(&what->body.at("entity"));
    add(&time);
    for (const auto& name : table_.columns)
      add(evidence.if_contains(name));
    if (labels_) {
      const auto* seq = evidence.if_contains("seq");
      const auto* key = evidence.if_contains(table_.key);
      const auto* label = seq != nullptr && seq->is_int64() && key != nullptr
                              ? labels_->of(analytics::entity_text(*key), seq->get_int64())
                              : nullptr;
      malicious = label != nullptr && label->malicious ? 1 : 0;
      if (label != nullptr)
        cause = label->cause;
      add(&malicious);
      add(&cause);
    }
    if (auto written = out_.append(row); !written)
      return written;
    ++rows_;
  }
  return {};
}

} // namespace throng::service
