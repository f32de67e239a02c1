#include <cstdio>

#include <fmt/core.h>

#include "service/command_line.hpp"
#include "service/completion.hpp"

namespace throng::service {

void add_completion_command(program& to) {
  auto& command = add_command(to.app, "completion", "A script that completes this command line in your shell",
                              "  source <(throng completion bash)\n"
                              "  throng completion zsh > ~/.zfunc/_throng\n"
                              "  throng completion fish > ~/.config/fish/completions/throng.fish");
  command.require_subcommand(1);
  using maker = std::string (*)(const CLI::App&);
  for (auto [shell, make] :
       {std::pair<const char*, maker>{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}})
    add_command(command, shell, fmt::format("For {}", shell), fmt::format("  throng completion {}", shell))
        .callback([&to, make = make] {
          to.chosen = [&to, make] {
            fmt::print("{}", make(to.app));
            return exit_done;
          };
        });
}

} // namespace throng::service
