// A pipeline, compiled: expressions, slots, windows, detectors, rules. Immutable, shared by all partitions of its topic.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analytics/expression.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/rekeyed_message.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

class pipeline_plan {
public:
  /// Everything wrong at once, by JSON path from the pipeline's root.
  /// @param carried names that stages in front of `rekey` have added to the messages that are read
  static tl::expected<std::shared_ptr<const pipeline_plan>, findings>
  compile(config::pipeline definition, const std::vector<std::string>& carried = {});
  ~pipeline_plan();

  const config::pipeline& definition() const;
  /// xxh128 of the definition in a canonical form, in hex.
  const std::string& hash() const;
  /// Whether each message's Kafka key must be its key field's bytes (semantics.md 4).
  bool needs_matching_key() const;
  /// Whether it is two halves, with an internal topic between them (`rekey`).
  bool rekeys() const;
  /// The topics that `to` names, of events and of windows, each once.
  std::vector<std::string> topics_written() const;
  /// The topics that are read through consumers: the source, and of a join the second one.
  std::vector<std::string> topics_read() const;
  /// What it looks up, in the order in which versions are offered to its task: `enrich`, and what verdicts have made of thresholds. Of two halves
  /// the first one's, which are its definition's `enrich`, then the second one's.
  std::vector<config::enrichment> lookups() const;
  /// What it will do, in sentences, for `throng pipeline explain`.
  std::string explain() const;

  struct implementation;
  const implementation& compiled() const;

private:
  pipeline_plan();
  std::unique_ptr<implementation> impl_;
};

/// The first 64 bits of the plan's hash.
std::uint64_t definition_number(const pipeline_plan& plan);

/// The two halves of a pipeline with `rekey` or `join`: of one partition of its topic, or of either, and of one of its internal topic.
/// @param targets partitions of the internal topic @param sources every partition that is re-keyed
std::unique_ptr<partition_task> make_rekeyer(std::shared_ptr<const pipeline_plan> plan, std::string topic,
                                             std::int32_t partition, std::int32_t targets);
std::unique_ptr<partition_task> make_rekeyed_reader(std::shared_ptr<const pipeline_plan> plan, std::int32_t partition,
                                                    const std::vector<source_partition>& sources);

/// The engine of one partition of the pipeline's topic.
std::unique_ptr<partition_task> make_engine(std::shared_ptr<const pipeline_plan> plan, std::string topic,
                                            std::int32_t partition);

} // namespace throng::analytics
