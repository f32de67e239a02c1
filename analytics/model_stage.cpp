#include "analytics/model_stage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/moved_by.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

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
  made.feedback = definition.feedback;
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

bool model_stage::observe(const event& e, text_ids::id entity, const taught_threshold& taught,
                          const rekeyed_origin* from, effects& out) {
  auto* quiet = quiet_.find(entity);
  if (quiet != nullptr && e.time < quiet->until)
    return false;
  for (std::size_t i = 0; i < row_.size(); ++i)
    row_[i] = number_of(e.slots[plan_->inputs[i]]);
  const auto probability = tree_model::probability(plan_->trees->margin(row_));
  const auto threshold = std::max(plan_->threshold, taught.of(e.key, e.time));
  if (probability < threshold)
    return false;
  if (plan_->cooldown.count() > 0) {
    const auto until = e.time + plan_->cooldown;
    if (quiet == nullptr)
      quiet = &quiet_.make(entity, {until}, until);
    quiet->until = until;
    quiet_.changed(entity, until);
  }
  tell(e, probability, threshold, from, out);
  return true;
}

void model_stage::tell(const event& e, double probability, double threshold, const rekeyed_origin* from, effects& out) {
  plan_->trees->contributions(row_, shares_);
  std::vector<bool> usable;
  for (auto x : row_)
    usable.push_back(!std::isnan(x));
  auto moved = what_moved(e, plan_->fields, plan_->inputs, shares_, usable);
  auto reason = fmt::format("probability {:.3g}, threshold {:.3g}{}", probability, threshold, moved.words);
  boost::json::object evidence{{"probability", probability},
                               {"base", number_json(shares_.back())},
                               {"log_odds", std::move(moved.shares)},
                               {"values", std::move(moved.values)}};
  if (threshold > plan_->threshold)
    evidence["taught_threshold"] = threshold;
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
