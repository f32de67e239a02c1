// A compacted topic that pipelines use as a table (`enrich` with `topic`): read to the end that it has before the analysis begins, then on as it
// grows; or a file of it, read once. Leaves to the processors when a version takes effect.
#pragma once

#include <memory>
#include <string>

#include "analytics/topic_table.hpp"
#include "config/settings.hpp"
#include "transport/topic_reader.hpp"

namespace throng::service {

class table_topic {
public:
  /// `FOLDER/TOPIC.ndjson`, whose key is the field that the definition names, or `.records.ndjson`. not_found, corrupt, exhausted.
  static expected<std::unique_ptr<table_topic>> from_file(const std::string& folder,
                                                          const config::enrichment& definition);
  /// not_found: no such topic; unavailable, denied, exhausted.
  static expected<std::unique_ptr<table_topic>> from_kafka(const config::settings& settings,
                                                           const config::enrichment& definition);

  /// Takes in what has come since. What can't be used is told and left; the version before stays.
  const std::shared_ptr<const analytics::lookup_table>& latest();

private:
  explicit table_topic(const config::enrichment& definition);
  expected<void> take(const analytics::raw_message& message);
  expected<void> read_to_end(const config::settings& settings, const std::string& broker_name);

  std::string name_;
  analytics::topic_table rows_;
  bool changed_ = true;
  bool told_ = false;                               ///< that a message was no row
  std::unique_ptr<transport::topic_reader> reader_; ///< null: of a file
  std::shared_ptr<const analytics::lookup_table> table_;
};

} // namespace throng::service
