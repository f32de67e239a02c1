// Which events an incident made, by a folder's truth.labels: what a learner is taught by. Leaves to score how alerts match labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"

namespace throng::service {

class event_labels {
public:
  struct label {
    std::string cause;
    bool malicious = false;
  };

  /// Reads FOLDER/truth.labels.ndjson, labels of one topic's events. None: there is no such file. invalid: a line is no label.
  /// Of labels with one id the last counts; those of the stream's trouble are no incidents.
  static expected<std::optional<event_labels>> read(const std::filesystem::path& folder, const std::string& topic);

  /// The event's label; of several, a malicious one. Null: nobody's.
  const label* of(const std::string& entity, std::int64_t seq) const;

private:
  struct range {
    std::int64_t first = 0;
    std::int64_t last = 0;
    label what;
  };
  std::map<std::string, std::vector<range>> by_entity_;
};

} // namespace throng::service
