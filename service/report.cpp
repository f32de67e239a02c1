#include "service/report.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include "storage/json_text.hpp"

namespace throng::service {

namespace {

/// Seconds since this process was started, by the kernel's own figures.
double seconds_since_start() {
  std::ifstream stat{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{stat}, {}};
  // The program's name stands in parentheses and may hold anything; the start time is the 20th field behind it.
  auto at = text.rfind(')');
  unsigned long long start_ticks = 0;
  if (at != std::string::npos)
    for (int field = 0; field < 20 && at != std::string::npos; ++field)
      at = text.find(' ', at + 1);
  if (at == std::string::npos || std::sscanf(text.c_str() + at, "%llu", &start_ticks) != 1)
    return 0;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
         static_cast<double>(start_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

void add_process_figures(boost::json::object& report) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto wall = seconds_since_start();
  report["wall_seconds"] = wall;
  report["cpu_seconds"] = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  report["peak_rss_bytes"] = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
  const auto* handled = report.if_contains("events");
  if (handled == nullptr)
    handled = report.if_contains("consumed");
  if (handled != nullptr && wall > 0)
    report["events_per_second"] = handled->to_number<double>() / wall;
}

expected<void> write_report(const boost::json::object& report, const std::string& to) {
  auto text = storage::to_json_text(report) + "\n"; // 0.25, where Boost.JSON writes 2.5E-1
  if (to == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
      return fail(error_kind::unavailable, fmt::format("cannot write the report: {}", std::strerror(errno)));
    return {};
  }
  std::ofstream file{to, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (!file)
    return fail(error_kind::unavailable, fmt::format("cannot write the report to {}: {}", to, std::strerror(errno)));
  return {};
}

} // namespace throng::service
