// From features that look at the events before to the look-backs that they share.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analytics/look_back_history.hpp"
#include "analytics/plan_findings.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

class look_back_compiler {
public:
  /// @param features of the pipeline, none of which may look at another
  look_back_compiler(const std::vector<config::feature>& features, field_table& fields, plan_findings& found)
      : features_(features)
      , fields_(fields)
      , found_(found) {}

  /// One of those that are not of a graph.
  void add(const config::feature& feature, const std::string& path);

  /// Memories of the same events become one, with a column for each field that is asked for: an event is then one row, however many features
  /// look at it. But what only a short look-back asks for is not kept for the length of a long one.
  /// @param added gets the features' names
  std::vector<look_back_plan> finish(std::vector<std::string>& added);

private:
  /// What features over the same field of the same events ask for.
  struct memory {
    std::string where_text;
    std::optional<match> where;
    std::optional<slot> field;
    std::optional<slot> lon;   // of speed: `field` is the latitude then
    std::optional<slot> group; // of habit: its values are told from one another then, not the field's
    bool numbers = false;      // some feature takes the field's numbers, or the places
    bool values = false;       // some feature tells its values from one another
    bool seen = false;         // ... and from the current event's, which need not count itself
    milliseconds longest{0};
    std::vector<look_back_plan::feature> features;
  };
  struct place {
    std::size_t memory;
    std::size_t feature;
    std::string name;
  };

  const std::vector<config::feature>& features_;
  field_table& fields_;
  plan_findings& found_;
  std::vector<memory> memories_;
  std::map<std::string, std::size_t> memories_by_events_; ///< by field and where
  std::vector<place> places_;
};

} // namespace throng::analytics
