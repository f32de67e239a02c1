// What pipelines' `enrich` looks up: files, read, checked, and read again when they change, topics, and people's verdicts. A version that can't be read is
// told and left; the one before stays. Leaves to the processors when a version takes effect.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "analytics/lookup_table.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/pipeline.hpp"
#include "config/problem.hpp"
#include "service/table_topic.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Reads and checks one file. Problems name the file, line and column; line 0 is the file as a whole.
config::checked<std::shared_ptr<const analytics::lookup_table>> read_lookup(const config::enrichment& from);

class lookup_files {
public:
  /// Reads all files of all pipelines. Every problem at once.
  static config::checked<std::shared_ptr<lookup_files>>
  open(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans);

  /// Those that are topics, by who reads them. Before latest().
  using table_opener = std::function<expected<std::unique_ptr<table_topic>>(const config::enrichment&)>;
  expected<void> open_tables(const table_opener& open);

  /// People's verdicts are read there, which must outlive the analysis. Before latest(); without it nobody has said anything.
  expected<void> open_verdicts(storage::result_store& store);

  /// From any thread. Looks at files, topics and verdicts at most once a second, and less often where that takes long.
  analytics::lookup_tables latest(const std::string& pipeline);

private:
  struct stamp {
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  struct file {
    std::shared_ptr<const analytics::pipeline_plan> of;
    config::enrichment definition;
    stamp seen;
    std::shared_ptr<const analytics::lookup_table> table;
    std::unique_ptr<table_topic> topic = nullptr; ///< null: a file, or of verdicts
    bool of_verdicts() const {
      return definition.verdicts || definition.thresholds;
    }
  };
  static stamp stamp_of(const std::string& path);
  void look_again();
  static void look_again(file& at);
  /// The tables of all pipelines, of what people have said by now. The first that can't be made stays as it was, and is the error.
  expected<void> read_verdicts();

  std::mutex mutex_;
  std::map<std::string, std::vector<file>> files_; ///< by pipeline
  storage::result_store* verdicts_in_ = nullptr;
  std::chrono::steady_clock::time_point next_look_; ///< the first is at once
};

} // namespace throng::service
