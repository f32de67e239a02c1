// What `analyze` reads: --from kafka, file:DIR or stdin, with the options that say how, and where goes what can't be analysed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "actors/analysis.hpp"
#include "actors/analysis_plan.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/settings.hpp"
#include "service/internal_topics.hpp"
#include "service/lookup_files.hpp"
#include "service/side_messages.hpp"
#include "transport/consumer.hpp"

namespace throng::service {

struct input_choice {
  std::string from = "kafka";
  std::string group;                      ///< of Kafka's consumers
  std::vector<std::string> record;        ///< topics whose books are kept
  std::string rejects;                    ///< a folder, for files and streams
  std::string output;                     ///< the same, of topics that pipelines write
  std::optional<std::int32_t> partitions; ///< of a file or stream

  void add_to(CLI::App& command);
  bool is_stream() const {
    return from == "stdin";
  }
  /// The DIR of file:DIR.
  std::optional<std::string> folder() const;
};

/// All that the plans read and the choice keeps books of, each topic once. @param prefix of topics at the brokers
std::vector<actors::watched_topic> watched_topics(const input_choice& choice, const std::vector<plan_ptr>& plans,
                                                  const std::string& prefix);

class analysis_input {
public:
  /// invalid: a choice that can't be; else what opening the source says.
  static expected<std::unique_ptr<analysis_input>> open(const input_choice& choice, const config::settings& settings,
                                                        const std::vector<plan_ptr>& plans);

  /// The source topic of a pipeline for a reader beside this one; with Kafka under the group's name, a point and `group`. @pre no stream
  static expected<std::unique_ptr<transport::consumer>> open_beside(const input_choice& choice,
                                                                    const config::settings& settings,
                                                                    const std::vector<plan_ptr>& plans,
                                                                    const std::string& topic, const std::string& group);

  bool is_stream() const {
    return stream_;
  }
  /// Where a stream's partitions end, once, when it has ended.
  std::optional<std::map<transport::topic_partition, std::int64_t>> take_stream_ends();
  /// Tables of what is read: topics of the same cluster, or files beside the others.
  static expected<void> open_tables(const input_choice& choice, const config::settings& settings, lookup_files& into);
  /// Where pipelines write topics and no cluster takes them: the files of --output. Behind a reset, before the analysis begins.
  expected<void> open_output(const input_choice& choice, const std::vector<plan_ptr>& plans,
                             storage::result_store& store, bool reset);
  /// All has been taken in: files of rejects and topics appear under their names.
  expected<void> finish();

  std::unique_ptr<transport::consumer> source;
  actors::side_message_sink side_messages;
  std::shared_ptr<transport::memory_topics> memory; ///< internal topics that no cluster keeps; null: there are none

private:
  analysis_input() = default;
  expected<void> open_files(const input_choice& choice, const std::string& folder, const std::vector<plan_ptr>& plans);
  expected<void> open_stream(const input_choice& choice, const std::vector<plan_ptr>& plans);
  expected<void> open_kafka(const input_choice& choice, const config::settings& settings,
                            const std::vector<plan_ptr>& plans);
  expected<void> open_rejects(const std::string& folder);

  bool stream_ = false;
  std::unique_ptr<message_folders> folders_; ///< null: topics of a cluster
  std::mutex mutex_;
  std::optional<std::map<transport::topic_partition, std::int64_t>> ends_;
};

} // namespace throng::service
