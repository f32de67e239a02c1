// Mutes: alerts of an entity, a detector or a pipeline, or of a combination of them, of which nobody is to be told until a time. Analysis knows nothing of them
// and stores the alerts as ever; they are joined when alerts are read, and whoever notifies asks first. A mute goes by event time, the alert's: what an
// analysis raises late or again is muted alike. It stays on record with who made it and who ended it, why and when.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// Which alerts: all that are of each of those that are given.
struct mute_scope {
  std::string pipeline;
  std::string detector;
  std::string entity;
};

struct mute {
  mute_scope of;
  timestamp from;  ///< inclusive
  timestamp until; ///< exclusive
  std::string by;
  std::string note;
  timestamp at; ///< of the wall clock: when it was made
};

/// A store holds no more, so that whoever notifies reads them all at once.
inline constexpr std::size_t most_mutes = 10'000;

/// Records it, and returns `{"id","pipeline","detector","entity","from","until","by","at","note"}`, of the scope what is given.
/// invalid: a scope of nothing, or no time from `from` to `until`; conflict: a store has no room for more.
expected<boost::json::object> record_mute(storage::result_store& store, const mute& what);

/// Who ends a mute before its time.
struct mute_end {
  std::string id;  ///< or a beginning of it that no other mute has
  timestamp until; ///< alerts from then on are told again; before `from`: it never was in force
  std::string by;
  std::string note;
  timestamp at;
};

/// Sets its `until`, and keeps the one that it had with who ended it in `ended`: `{"by","at","note","until"}`. Returns it as it then is.
/// not_found, invalid: as for alerts; conflict: it ends by then already.
expected<boost::json::object> end_mute(storage::result_store& store, const mute_end& what);

/// The mutes of a store, as they were when they were read.
class mutes {
public:
  static expected<mutes> in(storage::result_store& store);

  /// The mute that an alert of that time falls under, of several the one that lasts longest; null: none. Borrowed from this.
  const boost::json::object* over(const mute_scope& alert, timestamp time) const;
  /// Adds `muted` to an alert that falls under one: `{"id","until","by","note"}`. @param alert as it is shown
  void join(boost::json::object& alert) const;
  bool empty() const {
    return by_scope_.empty();
  }

private:
  struct entry {
    timestamp from;
    timestamp until;
    boost::json::object shown;
  };
  /// Pipeline, detector, entity; empty: any.
  std::map<std::array<std::string, 3>, std::vector<entry>> by_scope_;
};

} // namespace throng::query
