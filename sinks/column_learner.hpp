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

/// Whether a double holds the integer to its last digit, and all that are nearer to 0.
constexpr bool exact_in_double(std::int64_t whole) {
  constexpr auto most = std::int64_t{1} << 53;
  return whole <= most && whole >= -most;
}

/// What has been seen of a field, and so which type holds it.
struct seen_values {
  bool flags = false;
  bool integers = false;
  bool inexact_integers = false; ///< some that a double does not hold
  bool fractions = false;
  bool times = false;
  bool others = false; ///< text, arrays, objects, numbers that nothing holds

  bool any() const {
    return flags || integers || fractions || times || others;
  }
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

  /// Takes in rows from `begin` to before `end`. Of what is no object as a whole no value counts.
  void learn(const analytics::sink_rows& rows, std::size_t begin, std::size_t end);
  void learn(const analytics::sink_rows& rows) {
    learn(rows, 0, rows.size());
  }
  /// Whether some value of the field at this place of columns() was not null.
  bool has_seen(std::size_t field) const {
    return fields_[field].seen.any();
  }
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
  std::vector<std::pair<std::size_t, cell>> row_; ///< reused
  iso8601_reader times_;
};

} // namespace throng::sinks
