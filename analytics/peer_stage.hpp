// `"detector": "peers"`: an entity against its own group at the same time, a sensor against its district. What the whole group does, a warm
// front or a holiday, is ordinary; who leaves the group is not.
//
// The pipeline's key is the group (a stream that is keyed by entity is re-keyed by it), `member` says who in it the value is of. With m the median
// of the newest values of the other members, those at most `within` old, each value x becomes x - m, and that is a series of its own for each
// member, watched by another detector (`of`, auto by default): so a member that is always two degrees warmer is no anomaly, and scores and alarm terms
// mean what they mean everywhere. Below `least` such others nothing is said, and the series does not go on.
//
// Two limits. A step of the whole group at once is odd for who tells of it first, until the others have. And where few members differ much from each
// other, one that crosses the median moves it for the others: their distances step a little too.
//
// A robust centre of the peers of one moment, rather than a model of each pair: the idea of peer-group analysis (Bolton and Hand, "Unsupervised
// profiling methods for fraud detection", 2001). Decided by the partition's order: newest is what arrived last. Cost: a look at each
// member of the group for each event; state: 20 bytes a member, and the other detector's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/detector.hpp"
#include "analytics/event.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/taught_threshold.hpp"
#include "analytics/watched_series.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct peers_plan {
  std::string name;
  config::feedback feedback = config::feedback::off;
  std::string field;
  std::string member_field;
  slot from = 0;
  slot member = 0;
  milliseconds within{0};
  std::size_t least = 0;
  std::shared_ptr<const detector> watching;
};

const detector_doc& peers_doc();

/// @param path of the `detect` entry
tl::expected<peers_plan, findings> compile_peers(const config::detect& definition, const std::string& path,
                                                 field_table& fields);

/// A detector's work in one partition.
class peer_stage {
public:
  peer_stage(const peers_plan& plan, const std::string& state_prefix, const task_identity& who);

  /// @param from where the event stood before it was re-keyed @returns whether it raised an alert
  bool observe(const event& e, timestamp watermark, const taught_threshold& taught, const rekeyed_origin* from,
               effects& out);
  void expire(timestamp watermark, std::int64_t offset, effects& out);
  void write_open(effects& out) const {
    series_.write_open(out);
  }
  /// How many members have a series, and how many values of members are held.
  std::size_t size() const {
    return series_.size() + held_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// @throws corrupt_state
  void restore(std::string_view which, std::string_view bytes);

private:
  using id = text_ids::id;
  struct newest {
    std::int64_t time = 0;
    double x = 0;
    id member = 0;
  };
  struct group {
    std::vector<newest> members; ///< in the order of their first values
    const peer_stage* owner = nullptr;
    void save(byte_writer& out) const;
  };

  /// Takes the value in. @returns the median of the others, if there are enough
  std::optional<double> against(const event& e, id key, id member, double x, timestamp watermark);
  void tell(const event& e, std::string_view member, double x, double median, const detection& said, double taught,
            const series_detector& series, const rekeyed_origin* from, effects& out);

  const peers_plan* plan_;
  const task_identity* who_;
  text_ids texts_; ///< of groups, and of members with their group's before them
  keyed_states<group> groups_;
  watched_series series_;
  std::size_t held_ = 0;
  std::string scratch_;       // reused
  std::vector<double> other_; // reused
};

} // namespace throng::analytics
