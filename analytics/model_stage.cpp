#include "analytics/model_stage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

constexpr std::size_t most_told = 3;

float number_of(const value& x) {
  if (x.kind() == value_kind::boolean)
    return x.boolean() ? 1.0F : 0.0F;
  return x.is_finite() ? static_cast<float>(x.number()) : std::numeric_limits<float>::quiet_NaN();
}

} // namespace

const detector_doc& model_doc() {
  static const detector_doc doc{
      "model",
      "A model of XGBoost's scores each event; rings where the probability is high.",
      {{"file", "\"\"",
        "The model as XGBoost's save_model writes it to a name that ends with .json; relative to the pipeline's file."},
       {"fields", "[]",
        "The model's features by the pipeline's names, in the model's order; without it the names that the model has."},
       {"threshold", "0.5", "Rings from this probability on: between 0 and 1."},
       {"cooldown", "\"0s\"", "Event time for which an entity is quiet after an alert."},
       {"severity", "\"warning\"", "Of its alerts: info, warning or critical."}}};
  return doc;
}

tl::expected<model_plan, findings> compile_model(const config::detect& definition, const std::string& path,
                                                 field_table& fields) {
  detector_parameters parameters{definition.parameters, model_doc(), path};
  model_plan made;
  made.name = definition.name;
  made.fields = parameters.texts("fields");
  made.threshold = parameters.real_between("threshold", 0, 1);
  made.cooldown = parameters.duration("cooldown", milliseconds{0});
  made.severity = parameters.severity("severity");
  if (!definition.field.empty())
    parameters.wrong("field", "a model looks at several fields: name them in `fields`, or leave it to the model");
  if (!definition.parameters.contains("file"))
    parameters.wrong("file", "is missing: the model as XGBoost saved it");
  else if (auto read = tree_model::read(definition.model))
    made.trees = *read;
  else
    parameters.wrong("file", read.error().message);
  if (made.trees) {
    const auto& features = made.trees->features();
    if (made.fields.empty())
      made.fields = features;
    else if (made.fields.size() != features.size())
      parameters.wrong("fields", fmt::format("are {}, and the model has {} features: {}", made.fields.size(),
                                             features.size(), fmt::join(features, ", ")));
    for (const auto& name : made.fields)
      made.inputs.push_back(fields.lookup(name));
  }
  if (auto found = parameters.take_findings(); !found.empty())
    return tl::unexpected(std::move(found));
  return made;
}

model_stage::model_stage(const model_plan& plan, std::string state_prefix, const task_identity& who, text_ids& entities)
    : plan_(&plan)
    , who_(&who)
    , quiet_(std::move(state_prefix), entities)
    , row_(plan.inputs.size())
    , shares_(plan.inputs.size() + 1) {}

bool model_stage::observe(const event& e, text_ids::id entity, const rekeyed_origin* from, effects& out) {
  auto* quiet = quiet_.find(entity);
  if (quiet != nullptr && e.time < quiet->until)
    return false;
  for (std::size_t i = 0; i < row_.size(); ++i)
    row_[i] = number_of(e.slots[plan_->inputs[i]]);
  const auto probability = tree_model::probability(plan_->trees->margin(row_));
  if (probability < plan_->threshold)
    return false;
  if (plan_->cooldown.count() > 0) {
    const auto until = e.time + plan_->cooldown;
    if (quiet == nullptr)
      quiet = &quiet_.make(entity, {until}, until);
    quiet->until = until;
    quiet_.changed(entity, until);
  }
  tell(e, probability, from, out);
  return true;
}

std::vector<std::size_t> model_stage::movers() {
  plan_->trees->contributions(row_, shares_);
  std::vector<std::size_t> order(row_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [this](auto a, auto b) { return std::fabs(shares_[a]) > std::fabs(shares_[b]); });
  while (!order.empty() && shares_[order.back()] == 0)
    order.pop_back();
  return order;
}

void model_stage::tell(const event& e, double probability, const rekeyed_origin* from, effects& out) {
  const auto order = movers();
  auto reason = fmt::format("probability {:.3g}, threshold {:.3g}", probability, plan_->threshold);
  boost::json::object shares;
  boost::json::object values;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& name = plan_->fields[order[i]];
    const auto& x = e.slots[plan_->inputs[order[i]]];
    shares[name] = number_json(shares_[order[i]]);
    values[name] = to_json(x);
    if (i < most_told) {
      std::string shown = "missing";
      if (!std::isnan(row_[order[i]]))
        shown = fmt::format("{:.6g}", row_[order[i]]);
      reason += fmt::format("{} {} is {} ({:+.2f})", i == 0 ? "; most by" : ",", name, shown, shares_[order[i]]);
    }
  }
  boost::json::object evidence{{"probability", probability},
                               {"base", number_json(shares_.back())},
                               {"log_odds", std::move(shares)},
                               {"values", std::move(values)}};
  raise(*who_,
        {plan_->name,
         e.key,
         e.time,
         plan_->severity,
         probability,
         std::move(reason),
         std::move(evidence),
         e.origin.offset,
         {},
         from},
        out);
}

void model_stage::expire(timestamp watermark) {
  quiet_.expire(watermark, [](text_ids::id, const cooldown_state&) {});
}

void model_stage::restore(std::string_view entity, std::string_view bytes) {
  quiet_.restore(entity, bytes, [](byte_reader& in) { return cooldown_state::load(in); });
}

} // namespace throng::analytics
