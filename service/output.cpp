#include "service/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace throng::service {

int flush_output() {
  static int why = 0; // a later try would tell another reason, or none
  errno = 0;
  if (why == 0 && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0))
    why = errno != 0 ? errno : EIO;
  return why;
}

error no_output(int code) {
  return {error_kind::unavailable, fmt::format("cannot write to standard output: {}", std::strerror(code)), false};
}

bool reader_is_gone() {
  if (std::ferror(stdout) == 0)
    return false;
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

} // namespace throng::service
