// Preloaded into the program under test: before its Nth write into a regular file (a store, a sink's file, an output), or to a server, it sends
// itself a signal. So a run is killed or stopped in the middle of its work however quick the machine is, where a watcher beside it may look too late.
//
// THRONG_SIGNAL_AT_WRITE=N,SIGNAL[,PART]: only files with PART in their path count; with tcp:PORT for PART, only what is sent to that port

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

struct instruction {
  long write = 0; // 0: none
  int signal = 0;
  const char* part = "";
  long port = 0; // 0: files
};

instruction instructed() {
  instruction result;
  if (const char* text = std::getenv("THRONG_SIGNAL_AT_WRITE")) {
    char* rest = nullptr;
    result.write = std::strtol(text, &rest, 10);
    result.signal = *rest == ',' ? static_cast<int>(std::strtol(rest + 1, &rest, 10)) : SIGKILL;
    if (*rest == ',')
      result.part = rest + 1;
    if (constexpr std::string_view server = "tcp:"; std::string_view(result.part).substr(0, server.size()) == server)
      result.port = std::strtol(result.part + server.size(), nullptr, 10);
  }
  return result;
}

bool is_file(int fd, const char* part) {
  struct stat file {};
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
    return false;
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  return *part == '\0' ||
         (readlink(link.c_str(), path.data(), path.size() - 1) >= 0 && std::strstr(path.data(), part) != nullptr);
}

bool leads_to(int fd, long port) {
  sockaddr_in6 peer{}; // an IPv4 address is shorter, and has its port at the same place
  socklen_t size = sizeof peer;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
         (peer.sin6_family == AF_INET || peer.sin6_family == AF_INET6) && ntohs(peer.sin6_port) == port;
}

void before_write(int fd) {
  static const instruction given = instructed();
  static std::atomic<long> writes{0};
  if (given.write == 0 || !(given.port == 0 ? is_file(fd, given.part) : leads_to(fd, given.port)))
    return;
  if (++writes == given.write)
    kill(getpid(), given.signal);
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static auto* const next = real<ssize_t(int, const void*, size_t)>("write");
  before_write(fd);
  return next(fd, data, size);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const next = real<ssize_t(int, const iovec*, int)>("writev");
  before_write(fd);
  return next(fd, parts, count);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  before_write(fd);
  return next(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  before_write(fd);
  return next(fd, data, size, at);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  static auto* const next = real<ssize_t(int, const void*, size_t, int)>("send");
  before_write(fd);
  return next(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  before_write(fd);
  return next(fd, message, flags);
}
}
