// Where messages of an analysis go besides the store: alerts, late messages, dead letters, and what pipelines write `to` topics. Topics of the
// cluster, or files: of rejects, and of topics; or a count with the first of each reason shown.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/analysis_plan.hpp"
#include "config/settings.hpp"
#include "service/internal_topics.hpp"
#include "storage/result_store.hpp"
#include "transport/embedded.hpp"

namespace throng::service {

/// Of a rejected message that was too long to be passed on whole: how many bytes its value had. What stands in the topic is its beginning.
inline constexpr std::string_view cut_header = "cut_from";
/// Why a sink's server would not have a row: of a dead letter that the pipeline itself has taken in.
inline constexpr std::string_view refused_reason = "refused";

/// Throng's own topics that every analysis writes to, without the prefix.
const std::vector<std::string>& analysis_topics();

/// Those that pipelines name with `to`, each once.
std::vector<std::string> named_topics(const std::vector<plan_ptr>& plans);

/// By name without the prefix.
using partition_counts = std::map<std::string, std::int32_t, std::less<>>;

/// Makes the named topics that are missing on a real cluster. One that is there may have any number of partitions.
expected<partition_counts> make_named_topics(const config::settings& settings, const std::vector<plan_ptr>& plans);

/// To the topics behind the settings' prefix, each call durable when it returns without an error. After a delivery that has failed every call is the
/// error of that one, not retryable. @param cluster where the settings name the embedded one
/// @param partitions of topics that may have others than the settings say
expected<actors::side_message_sink> send_side_messages(const config::settings& settings,
                                                       const transport::embedded_cluster* cluster,
                                                       partition_counts partitions);

/// The same, for callers on several threads.
actors::side_message_sink one_at_a_time(actors::side_message_sink of);

/// Files in place of topics. What can't be written is an error of the analysis.
class message_folders {
public:
  /// @param rejects folder for late messages and dead letters, as lines; empty: the first of each reason goes to the log
  static expected<std::unique_ptr<message_folders>> make(const std::string& rejects);
  ~message_folders();

  /// A file of records for each named topic. What a pipeline has written before its checkpoint stays, and is gone on with; a topic none of
  /// whose pipelines has one begins anew. conflict: then a file is there already and `force` is not given.
  expected<void> open_topics(const std::string& folder, std::int32_t partitions, const std::vector<plan_ptr>& plans,
                             storage::result_store& store, bool force);

  actors::side_message_sink sink();
  /// The files appear under their names.
  expected<void> finish();

private:
  message_folders();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
