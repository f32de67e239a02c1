#include "service/interrupt.hpp"

#include <csignal>
#include <cstdlib>

#include <unistd.h>

namespace throng::service {

namespace {

volatile std::sig_atomic_t signals_seen = 0;

void on_signal(int) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1)
    _exit(130);
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
}

bool interrupted() {
  return signals_seen > 0;
}

} // namespace throng::service
