// What people do to alerts: an alert is open until somebody acknowledges it, and until it is resolved; and somebody who has looked says whether it
// was right. Each deed is a record of its own, which analysis never writes; they are joined when alerts are read (semantics.md 6). An alert's id depends
// on its message alone, so deeds outlive a restart of the analysis, `--reset` included.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// What an alert can become.
enum class alert_status { open, acknowledged, resolved };
std::string_view to_string(alert_status of);

/// What somebody says of it who has looked; a later verdict takes an earlier one's place.
enum class alert_verdict { none, right, wrong };
std::string_view to_string(alert_verdict of);

/// A deed changes one of the two and leaves the other as it is.
using alert_change = std::variant<alert_status, alert_verdict>;

/// All that people can do, as the command line and the API call it.
struct deed_word {
  const char* word;
  const char* sentence;
  alert_change becomes;
};
inline constexpr std::array<deed_word, 6> deed_words{{
    {"acknowledge", "Somebody is on it", alert_status::acknowledged},
    {"resolve", "It is done with", alert_status::resolved},
    {"reopen", "It is open again", alert_status::open},
    {"right", "It was right to ring", alert_verdict::right},
    {"wrong", "It was a false alarm", alert_verdict::wrong},
    {"retract", "Whether it was right is undecided again", alert_verdict::none},
}};

/// Who did what to an alert.
struct alert_deed {
  std::string alert; ///< its id, or a beginning of it that no other alert has
  alert_change to = alert_status::acknowledged;
  std::string by;
  std::string note;
  timestamp at;
};

/// Records a deed and returns the alert as it then is.
/// not_found: no alert of that id; invalid: several begin like that; conflict: it is that already, or it is resolved and would have to be opened again first.
expected<boost::json::object> record_deed(storage::result_store& store, const alert_deed& what);

/// An alert of which somebody has said whether it was right.
struct judged_alert {
  std::string detector; ///< or rule
  std::string entity;
  timestamp time;
  std::optional<double> score; ///< none: a program before this recorded the verdict
  bool right = false;
};

/// A verdict on an alert, or one that was taken back (none).
struct verdict_given {
  std::string alert;
  alert_verdict verdict = alert_verdict::none;
  timestamp at;
  std::string by;
  std::string note;
  std::string pipeline;
  std::string detector; ///< or rule
  std::string entity;
  std::optional<double> score; ///< none: a program before this recorded it
};

/// All deeds of a store, by alert, in the order in which they were done.
class alert_lives {
public:
  static expected<alert_lives> in(storage::result_store& store);

  alert_status status_of(std::string_view alert) const;
  alert_verdict verdict_of(std::string_view alert) const;
  /// Of a pipeline's alerts, also of those that the store has no more, by id. Verdicts that a program before this gave do not say of whom they are, and
  /// are left out.
  std::vector<judged_alert> judged(std::string_view pipeline) const;
  /// All of them, in the order in which they were given.
  std::vector<verdict_given> verdicts() const;
  /// Adds `status`; `verdict` where there is one, and `deeds` where there are any: `[{"status" or "verdict","by","at","note"}]`.
  void join(boost::json::object& alert) const;

private:
  /// The last that a deed made of it; none: no deed did.
  template <class Change>
  Change last_of(std::string_view alert, std::string_view field, Change none) const;

  std::map<std::string, boost::json::array, std::less<>> deeds_;
  std::map<std::string, boost::json::object, std::less<>> about_; ///< by alert: whose it is, as its last deed says
};

} // namespace throng::query
