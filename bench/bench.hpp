// What the benchmarks of parts share: an end that says why, and a clock.
#pragma once

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <type_traits>
#include <utility>

#include "config/error.hpp"

namespace throng::bench {

/// What an expected holds, or the program's end with what went wrong.
template <class T>
T must(expected<T> x) {
  if (!x) {
    std::cerr << "bench: " << x.error().message << '\n';
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>)
    return std::move(*x);
}

class stopwatch {
public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun_).count();
  }

private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace throng::bench
