// What needs Apache Arrow stands in modules of their own, loaded when they are first asked for: Arrow is large, not everybody has it, and no other
// command should wait for it.
#pragma once

#include <string>

#include "config/error.hpp"

namespace throng::sinks {

/// The function of a module, which stays loaded. invalid: this program has no such module; the sentence says what to do.
/// @param what is asked for, as the sentence names it @param instead what does without
expected<void*> load_function(const std::string& module_file, const char* function, const std::string& what,
                              const std::string& instead);

} // namespace throng::sinks
