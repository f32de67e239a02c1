// `"detector": "learner"`: an online_learner that scores each event of a pipeline by several of its fields, and learns from labels that
// come late, by a table that the pipeline's `enrich` names: a topic such as truth.labels, or a file. Leaves the learning to online_learner, and
// to the engine which events are fed and which version of the table counts.
//
// An event waits for its label until the watermark is `wait` past it; then it is bad if a row of the table says so that had come by its time +
// `wait`, else good, and is learnt from once. So an event's score depends on no label that comes later, and the same table gives
// the same scores however messages were batched. `hold` bounds how many wait: beyond it the oldest are learnt sooner, by what is known then.
//
// Where the labels are people's verdicts on alerts, an event that rang is kept for `late` behind its wait: a verdict that comes then is learnt as
// one more event, of which nothing is taken back. It is of a new version of the table, which is part of the state; so that too repeats.
//
// A row speaks of the events of its key from its `begin` to its `end`, both included; one without an end (it is still open) of those up to
// the row's own time, of a file of all that follow. Without these parameters it speaks of all events of its key up to its own time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/detector.hpp"
#include "analytics/detectors/scored_series.hpp"
#include "analytics/enricher.hpp"
#include "analytics/event.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/lookup_table.hpp"
#include "analytics/online_learner.hpp"
#include "analytics/taught_threshold.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct learner_plan {
  std::string name;
  config::feedback feedback = config::feedback::off;
  std::vector<std::string> fields;
  std::vector<slot> inputs; ///< of those
  std::size_t table = 0;    ///< which of the pipeline's `enrich` has the labels
  slot on = 0;              ///< the field by which they are found
  std::string labels;       ///< the table's name
  /// Columns of it; none: all time, every row.
  std::optional<std::size_t> begin, end, bad;
  milliseconds wait{0};
  milliseconds late{
      0}; ///< how long behind its wait an event that rang may be judged; 0: labels are no verdicts, or it may not
  std::size_t hold = 0;
  std::uint64_t least = 0; ///< bad events to have learnt from before the first alert
  alarm_terms terms;
};

const detector_doc& learner_doc();

/// @param path of the `detect` entry @param enrich of this pipeline
tl::expected<learner_plan, findings> compile_learner(const config::detect& definition, const std::string& path,
                                                     const std::vector<enrichment_plan>& enrich, field_table& fields);

/// A learner's work in one partition, which learns for itself: what others see it does not know.
class learner_stage {
public:
  learner_stage(const learner_plan& plan, std::string state_prefix, const task_identity& who, text_ids& entities);

  /// @param watermark as it stood before the event @param labels in use; null: none @returns whether it raised an alert
  bool observe(const event& e, text_ids::id entity, timestamp watermark, const lookup_table* labels,
               const taught_threshold& taught, const rekeyed_origin* from, effects& out);
  /// The event last observed has raised an alert, of whatever detector or rule.
  void rang();
  /// Learns from what has waited long enough, and forgets entities.
  void advance(timestamp watermark, const lookup_table* labels);

  std::size_t size() const {
    return rings_.size() + waiting_.size() + rung_.size();
  }
  const online_learner& learner() const {
    return learner_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// @param entry behind the prefix. Throws corrupt_state.
  void restore(std::string_view entry, std::string_view bytes);

private:
  struct waiting {
    timestamp time;
    std::string key; ///< canonical text of what labels are found by
    std::vector<learner_cell> row;
  };
  struct ring_state {
    incident incident_;
    void save(byte_writer& out) const {
      incident_.save(out);
    }
  };
  /// An event that rang, by its number.
  struct rung_event {
    enum class learnt : std::uint8_t { not_yet, good, bad };
    waiting event;
    learnt as = learnt::not_yet;
    bool changed = true;
    bool saved = false;
  };
  static constexpr std::uint64_t block_size = 256; // of waiting events, an entry of state

  bool is_bad(const waiting& each, timestamp known, const lookup_table* labels) const;
  void learn_first(timestamp watermark, const lookup_table* labels);
  /// Learns what another version of the labels says of events that were learnt from already.
  void correct(const lookup_table* labels);
  void forget_rung(std::map<std::uint64_t, rung_event>::iterator which);
  std::string rung_key(std::uint64_t number) const;
  void write(byte_writer& out, const waiting& each) const;
  waiting read(byte_reader& in) const;
  std::string block_key(std::uint64_t block) const;
  std::string block_bytes(std::uint64_t block) const;
  void tell(const event& e, const incident& which, double score, double surprise, double taught,
            const rekeyed_origin* from, effects& out);

  const learner_plan* plan_;
  const task_identity* who_;
  std::string prefix_;
  online_learner learner_;
  std::deque<waiting> waiting_;
  std::uint64_t first_ = 0;      ///< number of the first of those, counted from the partition's begin
  std::uint64_t saved_from_ = 0; ///< blocks that the checkpoint has, from here
  std::uint64_t saved_to_ = 0;   ///< the number behind the last event that it has
  std::map<std::uint64_t, rung_event> rung_;
  std::vector<std::uint64_t> rung_gone_; ///< that a checkpoint holds
  std::string corrected_with_;           ///< version of the labels that says nothing new
  keyed_states<ring_state> rings_;
  std::vector<learner_cell> row_; // reused
};

} // namespace throng::analytics
