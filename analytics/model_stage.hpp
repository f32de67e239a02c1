// `"detector": "model"`: a learnt model that scores each event of a pipeline by several of its fields, an alert where the probability is at
// least a threshold, and then quiet for that entity until the cooldown has passed in event time. Leaves to tree_model what a probability is, and
// to the engine which events are fed.
//
// The row is made of `fields`, or where none are given of those that the model names: what the message has, what enrich and derive add, and
// features. A number is itself, true 1 and false 0; all else is missing, as in what `throng export features` writes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/detector.hpp"
#include "analytics/event.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/rule.hpp"
#include "analytics/taught_threshold.hpp"
#include "analytics/tree_model.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct model_plan {
  std::string name;
  config::feedback feedback = config::feedback::off;
  std::shared_ptr<const tree_model> trees;
  std::vector<std::string> fields; ///< by the model's feature
  std::vector<slot> inputs;        ///< of those
  double threshold = 0.5;
  milliseconds cooldown{0};
  config::severity severity = config::severity::warning;
};

const detector_doc& model_doc();

/// @param path of the `detect` entry @param fields with all that the pipeline computes
tl::expected<model_plan, findings> compile_model(const config::detect& definition, const std::string& path,
                                                 field_table& fields);

/// A model's work in one partition.
class model_stage {
public:
  model_stage(const model_plan& plan, std::string state_prefix, const task_identity& who, text_ids& entities);

  /// @param from where the event stood before it was re-keyed @returns whether it raised an alert
  bool observe(const event& e, text_ids::id entity, const taught_threshold& taught, const rekeyed_origin* from,
               effects& out);
  void expire(timestamp watermark);
  std::size_t size() const {
    return quiet_.size();
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) {
    quiet_.save(only_changes, put);
  }
  /// @throws corrupt_state
  void restore(std::string_view entity, std::string_view bytes);

private:
  void tell(const event& e, double probability, double threshold, const rekeyed_origin* from, effects& out);

  const model_plan* plan_;
  const task_identity* who_;
  keyed_states<cooldown_state> quiet_;
  std::vector<float> row_;     // reused
  std::vector<double> shares_; // reused: by feature, and the base
};

} // namespace throng::analytics
