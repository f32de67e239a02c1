#include "service/interrupt.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>

#include <unistd.h>

namespace throng::service {

namespace {

constexpr std::time_t patience_s = 25;

volatile std::sig_atomic_t signals_seen = 0;
volatile std::time_t give_up_at = 0; ///< on the monotonic clock; written before signals_seen

std::time_t monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now); // allowed in a signal handler
  return now.tv_sec;
}

void on_signal(int) {
  if (signals_seen > 0)
    _exit(130);
  give_up_at = monotonic_seconds() + patience_s;
  signals_seen = 1;
}

} // namespace

void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A reader of our output that goes away is told by the write that fails.
  std::signal(SIGPIPE, SIG_IGN);
  // So is a file that has reached the limit on its size.
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() {
  return signals_seen > 0;
}

bool stop_is_overdue() {
  return interrupted() && monotonic_seconds() >= give_up_at;
}

} // namespace throng::service
