#include "service/output.hpp"

#include <cerrno>
#include <cstdio>

namespace throng::service {

int flush_output() {
  static int why = 0; // a later try would tell another reason, or none
  errno = 0;
  if (why == 0 && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0))
    why = errno != 0 ? errno : EIO;
  return why;
}

} // namespace throng::service
