// Shell completion, told from the command line's own model (CLI11), so that it can't drift from it: commands, options, and the words that
// may stand as a value where the model names them.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace throng::service {

/// Scripts to be read by the shell: `source <(throng completion bash)`.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

} // namespace throng::service
