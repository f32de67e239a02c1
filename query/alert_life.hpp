// What people do to alerts: an alert is open until somebody acknowledges it, and until it is resolved. Each deed is a record of its own, which analysis never
// writes; they are joined when alerts are read (semantics.md 6). An alert's id depends on its message alone, so deeds outlive a restart of the analysis,
// `--reset` included.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// What an alert can become.
enum class alert_status { open, acknowledged, resolved };
std::string_view to_string(alert_status of);

/// Who did what to an alert.
struct alert_deed {
  std::string alert; ///< its id, or a beginning of it that no other alert has
  alert_status to = alert_status::acknowledged;
  std::string by;
  std::string note;
  timestamp at;
};

/// Records a deed and returns the alert as it then is.
/// not_found: no alert of that id; invalid: several begin like that; conflict: it is that already, or it is resolved and would have to be opened again first.
expected<boost::json::object> record_deed(storage::result_store& store, const alert_deed& what);

/// All deeds of a store, by alert, in the order in which they were done.
class alert_lives {
public:
  static expected<alert_lives> in(storage::result_store& store);

  alert_status status_of(std::string_view alert) const;
  /// Adds `status`, and `deeds` where there are any: `[{"status","by","at","note"}]`.
  void join(boost::json::object& alert) const;

private:
  std::map<std::string, boost::json::array, std::less<>> deeds_;
};

} // namespace throng::query
