#include "service/progress.hpp"

#include <cstdio>

#include <unistd.h>

namespace throng::service {

using std::chrono::steady_clock;

progress::progress(bool quiet)
    : quiet_(quiet)
    , terminal_(isatty(STDERR_FILENO) != 0)
    , began_(steady_clock::now())
    , next_(terminal_ ? began_ : began_ + std::chrono::seconds{10}) {}

progress::~progress() {
  if (open_line_)
    std::fputs("\n", stderr);
}

void progress::show(const std::string& line) {
  auto now = steady_clock::now();
  if (quiet_ || now < next_)
    return;
  if (terminal_) {
    std::fputs(("\r\x1b[K" + line).c_str(), stderr);
    std::fflush(stderr);
    open_line_ = true;
    next_ = now + std::chrono::milliseconds{200};
  } else {
    std::fputs((line + "\n").c_str(), stderr);
    next_ = now + std::chrono::seconds{10};
  }
}

std::chrono::milliseconds progress::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began_);
}

} // namespace throng::service
