// Messages into files: DIR/TOPIC.ndjson (or .csv, .records.ndjson), one value a line, in order; a file appears under its name when it is complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"

namespace throng::transport {

enum class file_form { ndjson, csv, records };

/// Writes one topic's file. Bytes go to a hidden file beside it, `.TOPIC.ndjson.partial`; finish() renames it, the destructor without it
/// removes it, unless it was there before or is kept. One program at a time has it.
class message_file_writer {
public:
  /// conflict: the file, in this or a form that readers would take for the same, is there already and `force` is not given.
  static expected<std::unique_ptr<message_file_writer>> create(const std::string& folder, const std::string& topic,
                                                               bool force, file_form form = file_form::ndjson);
  /// Goes on with what an earlier writer has left: what it was killed over, or else its finished file, which is partial again.
  /// A line that is cut off is taken away. Where there is nothing, it begins.
  static expected<std::unique_ptr<message_file_writer>> resume(const std::string& folder, const std::string& topic,
                                                               file_form form = file_form::ndjson);
  ~message_file_writer();

  /// Lines that were there before.
  std::uint64_t lines_before() const;
  const std::string& hidden_path() const;
  /// What is written stays, also unfinished: resume() goes on with it.
  void keep();

  /// Appends values, each followed by a newline. exhausted: the disk is full (nothing appears under the name).
  expected<void> append(const std::vector<std::string_view>& values);
  /// What was appended outlives this process (not the machine).
  expected<void> flush();
  expected<void> finish();

private:
  message_file_writer();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
