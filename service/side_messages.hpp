// Where alerts, late messages and dead letters go besides the store: topics of the cluster, files of rejects, or a count with the first of
// each reason shown.
#pragma once

#include <memory>
#include <string>

#include "actors/analysis_plan.hpp"
#include "config/settings.hpp"
#include "transport/embedded.hpp"

namespace throng::service {

/// The topics that analysis writes to, without the prefix.
const std::vector<std::string>& analysis_topics();

/// To `PREFIXanalytics.alerts` and so on, each call durable when it returns. @param cluster where the settings name the embedded one
expected<actors::side_message_sink> send_side_messages(const config::settings& settings,
                                                       const transport::embedded_cluster* cluster);

/// Late messages and dead letters as files of their own. What can't be written is an error of the analysis.
class reject_folder {
public:
  /// @param folder empty: no files; the first of each reason goes to the log
  static expected<std::unique_ptr<reject_folder>> make(const std::string& folder);
  ~reject_folder();

  actors::side_message_sink sink();
  /// The files appear under their names.
  expected<void> finish();

private:
  reject_folder();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
