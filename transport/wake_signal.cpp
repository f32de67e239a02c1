#include "transport/wake_signal.hpp"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace throng::transport {

wake_signal::wake_signal()
    : fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  if (fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

wake_signal::~wake_signal() {
  ::close(fd_);
}

void wake_signal::listen_to(rd_kafka_queue_t* queue) const {
  static constexpr std::uint64_t one = 1; // eventfd counts in 8 bytes
  rd_kafka_queue_io_event_enable(queue, fd_, &one, sizeof one);
}

void wake_signal::wait(std::chrono::milliseconds limit) const {
  pollfd watched{fd_, POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(limit.count())) > 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
  }
}

} // namespace throng::transport
