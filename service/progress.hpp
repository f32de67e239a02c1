// The progress line: rewritten in place on a terminal, a plain line every 10 s elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

namespace throng::service {

/// Where the line goes, and by which clock.
struct progress_output {
  std::FILE* terminal = nullptr;               ///< null: no terminal, lines are said
  std::function<void(const std::string&)> say; ///< a plain line
  std::function<std::chrono::steady_clock::time_point()> now;

  /// Standard error and the steady clock; no line is rewritten where the log is JSON.
  static progress_output standard();
};

class progress {
public:
  explicit progress(bool quiet, progress_output to = progress_output::standard());
  /// Ends the line on a terminal.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Shows the line if it is time to. Cheap to call often.
  void show(const std::string& line);
  std::chrono::milliseconds elapsed() const;

private:
  bool quiet_;
  progress_output to_;
  bool open_line_ = false;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point next_;
};

} // namespace throng::service
