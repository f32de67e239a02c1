// Times of an answer on a zone's clock, for people: `2026-01-05T09:00:00.000+01:00` in place of `…T08:00:00.000Z`. The same moment; only how
// it is written changes, and ISO 8601 it stays.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "query/query.hpp"

namespace date {
class time_zone;
} // namespace date

namespace throng::query {

class time_zone {
public:
  /// @param name as tzdata has it, such as Europe/Vienna. invalid: there is none of that name
  static expected<time_zone> find(const std::string& name);

  /// Rewrites the times of a document of an answer: those that its subject has, not what a message says.
  void show(boost::json::object& document, subject of) const;

private:
  explicit time_zone(const date::time_zone* zone)
      : zone_(zone) {}
  const date::time_zone* zone_;
};

} // namespace throng::query
