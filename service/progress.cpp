#include "service/progress.hpp"

#include <utility>

#include <unistd.h>

#include "service/logging.hpp"

namespace throng::service {

namespace {

constexpr std::chrono::milliseconds between_rewrites{200};
constexpr std::chrono::seconds between_lines{10};

} // namespace

progress_output progress_output::standard() {
  return {isatty(STDERR_FILENO) != 0 && !log_is_json() ? stderr : nullptr,
          [](const std::string& line) { service::say(line); }, std::chrono::steady_clock::now};
}

progress::progress(bool quiet, progress_output to)
    : quiet_(quiet)
    , to_(std::move(to))
    , began_(to_.now())
    , next_(to_.terminal != nullptr ? began_ : began_ + between_lines) {}

progress::~progress() {
  if (open_line_)
    std::fputs("\n", to_.terminal);
}

void progress::show(const std::string& line) {
  auto now = to_.now();
  if (quiet_ || now < next_)
    return;
  if (to_.terminal != nullptr) {
    std::fputs(("\r\x1b[K" + line).c_str(), to_.terminal);
    std::fflush(to_.terminal);
    open_line_ = true;
    next_ = now + between_rewrites;
  } else {
    to_.say(line);
    next_ = now + between_lines;
  }
}

std::chrono::milliseconds progress::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to_.now() - began_);
}

} // namespace throng::service
