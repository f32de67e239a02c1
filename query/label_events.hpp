// Which events a label names (docs/data-model.md, labels): its own, and those in other topics of its entity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

namespace throng::query {

using seq_range = std::pair<std::int64_t, std::int64_t>; ///< first and last, both included

struct labelled_events {
  std::string topic;
  std::string entity; ///< the events' key there
  std::vector<seq_range> seqs;
};

/// One for each topic that the label tells of; without ranges where it names no event, as while it is open.
/// Nothing where its `seqs` are none, such as "3,7-9".
std::optional<std::vector<labelled_events>> events_named_by(const boost::json::object& label);

} // namespace throng::query
