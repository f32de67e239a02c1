// What the fuzz targets share. A target is a file with LLVMFuzzerTestOneInput: libFuzzer drives it (`./dev fuzz`), and so does replay.cpp,
// which gives it the seeds and what was found earlier, in an ordinary test and with any compiler.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace throng::fuzz {

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// What must hold of any input. Assertions are off in some builds; these never are.
inline void must(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

} // namespace throng::fuzz
