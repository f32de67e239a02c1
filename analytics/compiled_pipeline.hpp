// What pipeline_plan::compile makes of a definition: every name a slot, every expression compiled. Read by the engine and by explain().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analytics/detector.hpp"
#include "analytics/enricher.hpp"
#include "analytics/event.hpp"
#include "analytics/expression.hpp"
#include "analytics/group_table.hpp"
#include "analytics/learner_stage.hpp"
#include "analytics/look_back.hpp"
#include "analytics/model_stage.hpp"
#include "analytics/payment_graph.hpp"
#include "analytics/peer_stage.hpp"
#include "analytics/pipeline_plan.hpp"
#include "analytics/rule.hpp"
#include "analytics/topic_output.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

struct pipeline_plan::implementation {
  struct derived {
    std::string name;
    expression from;
    slot into = 0;
  };
  struct detecting {
    std::string name;
    std::string field;
    slot from = 0;
    std::shared_ptr<const detector> watching;
    config::feedback taught = config::feedback::off;
  };

  config::pipeline definition;
  std::string hash;
  field_table fields;
  std::optional<match> where; ///< none: everything
  std::vector<enrichment_plan> enrich;
  std::optional<std::size_t>
      thresholds; ///< among `enrich`, the last: what people's verdicts have made of those of detectors
  std::vector<derived> derive;
  std::optional<slot> rekey;                   ///< none: the stages that follow are this one's
  std::shared_ptr<const pipeline_plan> second; ///< of a join: how events of its second topic are read and re-keyed
  std::shared_ptr<const pipeline_plan> behind_rekey; ///< the stages that follow, over the re-keyed stream
  std::vector<look_back_plan> look_backs;
  std::optional<payment_graph_plan> graph;
  std::vector<group_plan> groups;
  std::vector<window_plan> windows;
  std::vector<detecting> detectors;
  std::vector<model_plan> models;
  std::vector<learner_plan> learners;
  std::vector<peers_plan> peers;
  std::vector<rule_plan> rules;
  std::optional<output_plan> output; ///< none: events go to no topic

  /// Whether some stage keeps state by entity.
  bool by_entity() const {
    return !look_backs.empty() || graph || !detectors.empty() || !models.empty() || !learners.empty() ||
           !peers.empty() || !rules.empty();
  }
};

} // namespace throng::analytics
