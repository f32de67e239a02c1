// The internal topics of pipelines with `rekey`: on the cluster that is read, or in this process's memory where there is none to keep them.
// What travels on them is analytics/'s; who writes and reads them is actors/'.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analytics/pipeline_plan.hpp"
#include "config/settings.hpp"
#include "storage/result_store.hpp"
#include "transport/memory_topics.hpp"

namespace throng::service {

using plan_ptr = std::shared_ptr<const analytics::pipeline_plan>;

/// The topic whose partitions a pipeline's results stand in, prefix included: its source, or its internal topic.
std::string topic_of_results(const analytics::pipeline_plan& plan, const std::string& prefix);

/// Whose checkpoints a pipeline has.
std::vector<std::string> owners_of(const analytics::pipeline_plan& plan);

/// Whether the store has a checkpoint that the pipeline, or a half of it, goes on from.
expected<bool> has_checkpoint(const analytics::pipeline_plan& plan, storage::result_store& store);

/// Puts internal topics beside what `source` reads, in memory, each with as many partitions as its pipeline's source. Null: no pipeline has any.
expected<std::shared_ptr<transport::memory_topics>> keep_in_memory(std::unique_ptr<transport::consumer>& source,
                                                                   const std::vector<plan_ptr>& plans,
                                                                   const std::string& prefix);

/// Makes those that are missing on a real cluster, each with as many partitions as its pipeline's source. @returns their names, prefix included
expected<std::vector<std::string>> make_internal_topics(const config::settings& settings,
                                                        const std::vector<plan_ptr>& plans);

/// Empties the internal topics, on a real cluster, of pipelines that have no checkpoint in the store: nobody goes on with what stands there.
expected<void> empty_unused_topics(const config::settings& settings, const std::vector<plan_ptr>& plans,
                                   storage::result_store& store);

} // namespace throng::service
