// Which columns messages need, learnt from more of them than are held at once: their names, and of each the narrowest type that holds all of
// its values (column_table.hpp).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/pipeline.hpp"
#include "config/time.hpp"
#include "sinks/row_fields.hpp"

namespace throng::sinks {

/// What has been seen of a field, and so which type holds it.
struct seen_values {
  bool flags = false;
  bool integers = false;
  bool inexact_integers = false; ///< some that a double does not hold
  bool fractions = false;
  bool times = false;
  bool others = false; ///< text, arrays, objects, numbers that nothing holds

  config::column_kind kind() const {
    const auto numbers = integers || fractions;
    if (others || flags + numbers + times > 1 || (fractions && inexact_integers))
      return config::column_kind::text;
    if (flags)
      return config::column_kind::boolean;
    if (times)
      return config::column_kind::time;
    if (fractions)
      return config::column_kind::number;
    return integers ? config::column_kind::integer : config::column_kind::text;
  }
};

class column_learner {
public:
  /// @param time_fields those that are times where all of their values are; other text stays what it is
  column_learner(std::vector<std::string> time_fields, bool skip_places);

  void learn(const analytics::sink_rows& rows);
  /// In the order in which messages first have them.
  std::vector<std::pair<std::string, config::column_kind>> columns() const;

private:
  struct learnt {
    std::string name;
    bool may_be_time = false;
    seen_values seen;
  };

  void look_at(learnt& of, const cell& value);

  std::vector<std::string> time_fields_;
  row_fields names_;
  std::vector<learnt> fields_;
  iso8601_reader times_;
};

} // namespace throng::sinks
