// The progress line: rewritten in place on a terminal, a plain line every 10 s elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <string>

namespace throng::service {

class progress {
public:
  explicit progress(bool quiet);
  /// Ends the line on a terminal.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Shows the line if it is time to. Cheap to call often.
  void show(const std::string& line);
  std::chrono::milliseconds elapsed() const;

private:
  bool quiet_;
  bool terminal_;
  bool open_line_ = false;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point next_;
};

} // namespace throng::service
