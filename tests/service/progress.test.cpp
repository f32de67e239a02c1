#define CAF_SUITE service.progress

#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <vector>

#include "service/progress.hpp"

using namespace throng::service;
using namespace std::chrono_literals;

namespace {

struct fixture {
  std::chrono::steady_clock::time_point now{1h};
  std::vector<std::string> lines;
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* terminal = open_memstream(&text, &size);

  ~fixture() {
    std::fclose(terminal);
    std::free(text); // NOLINT: open_memstream's
  }

  progress_output output(bool is_terminal) {
    return {is_terminal ? terminal : nullptr, [this](const std::string& line) { lines.push_back(line); },
            [this] { return now; }};
  }
  std::string shown() {
    std::fflush(terminal);
    return {text, size};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(progress_tests, fixture)

CAF_TEST(elsewhere than on a terminal a plain line comes every ten seconds) {
  {
    progress sut{false, output(false)};
    for (int i = 0; i < 250; ++i, now += 100ms) // 0 to 24.9 s
      sut.show(std::to_string(i));
    CAF_CHECK(sut.elapsed() == 25s);
  }
  CAF_CHECK_EQUAL(lines, (std::vector<std::string>{"100", "200"}));
  CAF_CHECK_EQUAL(shown(), "");
}

CAF_TEST(on a terminal the line is rewritten in place five times a second and ended) {
  {
    progress sut{false, output(true)};
    for (int i = 0; i < 5; ++i, now += 100ms)
      sut.show(std::to_string(i));
  }
  CAF_CHECK_EQUAL(shown(), "\r\x1b[K0\r\x1b[K2\r\x1b[K4\n");
  CAF_CHECK(lines.empty());
}

CAF_TEST(quiet means nothing) {
  for (auto is_terminal : {false, true}) {
    progress sut{true, output(is_terminal)};
    for (int i = 0; i < 30; ++i, now += 1s)
      sut.show("x");
  }
  CAF_CHECK(lines.empty());
  CAF_CHECK_EQUAL(shown(), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
