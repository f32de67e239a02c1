// Alerts grouped into cases: one cause, one case. Alerts of one pipeline are linked that lie at most a gap apart and are about the same entity, or one of
// which names the other's entity in its evidence; a case is all that are linked, one through another. It takes alerts in the order of time and holds no
// more than those of the last gap and the cases that they belong to. Knows no store.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/severity.hpp"
#include "config/time.hpp"
#include "query/alert_life.hpp"

namespace throng::query {

/// What the grouping needs to know of an alert.
struct case_alert {
  std::string id;
  std::string pipeline;
  std::string detector;
  std::string entity;
  timestamp time;
  config::severity severity = config::severity::info;
  std::vector<std::string> named; ///< texts of its evidence; those that are no entity link nothing
  alert_status status = alert_status::open;
  alert_verdict verdict = alert_verdict::none;
  bool muted = false;
};

/// Of a case's alerts' ids so many are kept, the earliest.
inline constexpr std::size_t most_ids_of_case = 100;

struct alert_case {
  std::string pipeline;
  timestamp start;                                    ///< its first alert
  timestamp end;                                      ///< its last
  config::severity severity = config::severity::info; ///< the worst of its alerts
  std::uint64_t alerts = 0;
  std::uint64_t open = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  std::uint64_t muted = 0;
  std::set<std::string> entities;
  std::set<std::string> detectors;
  std::set<std::pair<timestamp, std::string>> ids; ///< the earliest, of all that it has at least the first

  /// Its first alert's, so that it stays while the case grows.
  const std::string& id() const {
    return ids.begin()->second;
  }
  /// Open while any of its alerts is; resolved when all are.
  alert_status status() const;
};

class case_builder {
public:
  explicit case_builder(milliseconds gap)
      : gap_(gap) {}

  /// Adds to `out` the cases that nothing can be linked to any more. @pre times do not fall
  void take(const case_alert& alert, std::vector<alert_case>& out);
  /// All that are left.
  void finish(std::vector<alert_case>& out);
  /// How many alerts and names it keeps: those of the last gap.
  std::size_t kept() const {
    return taken_.size() + places_.size();
  }

private:
  /// A case, or part of one that has been put to another.
  struct node {
    std::shared_ptr<node> into;
    alert_case held;
    bool closed = false;
  };
  using part = std::shared_ptr<node>;
  using at_time = std::pair<timestamp, part>;
  /// A pipeline's entity, or a text that might be one.
  using name = std::pair<std::string, std::string>;
  struct place {
    at_time last;                ///< alert about it; null: none within the gap
    std::deque<at_time> waiting; ///< alerts since that name it, by time; of one case the last
  };
  struct taken {
    timestamp time;
    part its;
    std::vector<name> names;
  };

  static part root(part of);
  static part unite(const part& a, const part& b);
  /// Forgets what lies before a time.
  void retire(timestamp before, std::vector<alert_case>& out);

  milliseconds gap_;
  std::map<name, place> places_;
  std::deque<taken> taken_;
};

} // namespace throng::query
