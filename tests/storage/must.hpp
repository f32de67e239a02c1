// What an expected holds, or the test's end with what went wrong.
#pragma once

#include <utility>

#include <caf/test/unit_test.hpp>

#include "config/error.hpp"

namespace throng::test {

template <class T>
T must(expected<T> x) {
  if (!x)
    CAF_FAIL(x.error().message);
  return std::move(*x);
}

inline void must(expected<void> x) {
  if (!x)
    CAF_FAIL(x.error().message);
}

} // namespace throng::test
