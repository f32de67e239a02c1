// What needs a library that not everybody has stands in modules of their own, loaded when they are first asked for: Apache Arrow is large, PostgreSQL's
// client belongs to those who have one, and no other command should wait for either.
#pragma once

#include <string>

#include "config/error.hpp"

namespace throng::sinks {

struct loadable {
  const char* file;
  const char* library;  ///< that it stands on, as people know it
  const char* package;  ///< of Debian, that has it
  const char* built_by; ///< what has to be at hand when the program is built
};

constexpr loadable of_arrow(const char* file) {
  return {file, "Apache Arrow", "throng-parquet", "Arrow's C++ libraries or the pyarrow wheel at hand (./dev install)"};
}

/// The function of a module, which stays loaded. invalid: this program has no such module; the sentence says what to do.
/// @param what is asked for, as the sentence names it @param instead what does without
expected<void*> load_function(const loadable& module, const char* function, const std::string& what,
                              const std::string& instead);

} // namespace throng::sinks
