// The scenario of a running world as it is now: the file, what lies over it, and what has been asked for since. Checks what is
// asked for, and keeps it only when it is told to; so a wrong request changes nothing. Knows no running world.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "config/load.hpp"

namespace throng::service {

/// Why a change is not made: one sentence, or every problem of the scenario as it would be.
using refusal = std::variant<error, config::problems>;

template <class T>
using unless_refused = tl::expected<T, refusal>;

class tuned_scenario {
public:
  /// How the scenario comes about.
  struct recipe {
    std::string text;                                      ///< of the file
    std::vector<std::pair<std::string, std::string>> laid; ///< over it: what inputs of a run have made of it
    std::vector<std::pair<std::string, std::string>> sets; ///< over that
    std::vector<std::string> incidents;                    ///< behind its own
  };
  struct change {
    recipe from;
    config::loaded<config::scenario> result;
  };

  /// @param options as the world was begun with, its `start` no longer relative
  static config::checked<tuned_scenario> begin(std::string file_or_preset, config::load_options options);

  /// @param sets PATH and VALUE as of --set
  unless_refused<change> set(const std::vector<std::pair<std::string, std::string>>& sets) const;
  /// @param incident as in a scenario's `incidents`, but without `at` or `rate` @param after the start
  unless_refused<change> incident(boost::json::object incident, milliseconds after) const;
  /// Populations, incidents and trouble as an input of a run has them.
  unless_refused<change> lay(const boost::json::object& parts) const;
  /// The file as it is on the disk; what has been laid over the old one no longer counts.
  unless_refused<change> reload() const;
  /// The paths of what may change that are set over the file, whatever it says: those of the command first, then those that were asked for.
  std::vector<std::string> over_the_file() const;
  void keep(change made);

  const config::loaded<config::scenario>& now() const {
    return now_.result;
  }
  const std::string& file() const {
    return file_;
  }

private:
  tuned_scenario() = default;
  config::checked<config::loaded<config::scenario>> cook(const recipe& from) const;
  unless_refused<change> check(recipe from) const;

  std::string file_;
  config::load_options options_;
  change now_;
};

} // namespace throng::service
