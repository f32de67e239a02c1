#include "service/completion.hpp"

#include <functional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace throng::service {

namespace {

/// What can stand behind a command's words: `throng query`.
struct node {
  std::string path;
  std::vector<const CLI::App*> commands;
  std::vector<const CLI::Option*>
      options;                    ///< its own and, since they may stand behind it too, those of what it is under
  std::vector<std::string> words; ///< that its positional arguments may be
  const CLI::App* app = nullptr;
};

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_lnames())
    names.push_back("--" + name);
  for (const auto& name : option.get_snames())
    names.push_back("-" + name);
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

/// The words between the braces that describe what a value may be: `TEXT:{table,json}`.
std::vector<std::string> words_of(const CLI::Option& option) {
  const auto description = option.get_type_name();
  const auto open = description.find('{');
  const auto close = description.find('}', open);
  if (open == std::string::npos || close == std::string::npos)
    return {};
  return CLI::detail::split(description.substr(open + 1, close - open - 1), ',');
}

void visit(const CLI::App& app, const std::string& path, std::vector<const CLI::Option*> inherited,
           const std::function<void(const node&)>& see) {
  node here{path, app.get_subcommands([](const CLI::App*) { return true; }), {}, {}, &app};
  for (const auto* option : app.get_options()) {
    if (!option->get_positional())
      here.options.push_back(option);
    else
      for (auto& word : words_of(*option))
        here.words.push_back(std::move(word));
  }
  here.options.insert(here.options.end(), inherited.begin(), inherited.end());
  see(here);
  // --help is each command's own, --version the program's.
  std::vector<const CLI::Option*> handed_on;
  for (const auto* option : here.options)
    if (option != app.get_help_ptr() && option->get_lnames() != std::vector<std::string>{"version"} &&
        option->get_lnames() != std::vector<std::string>{"help-all"})
      handed_on.push_back(option);
  for (const auto* command : here.commands)
    visit(*command, path + " " + command->get_name(), handed_on, see);
}

/// The arms of the `case`s that bash and zsh share.
struct tables {
  std::string commands; ///< paths that have commands of their own below
  std::string values;   ///< by path and option: the words of its value
  std::string options;  ///< by path
  std::string words;    ///< by path: commands and positional words
};

tables tables_of(const CLI::App& program) {
  tables out;
  std::vector<std::string> paths;
  visit(program, "throng", {}, [&](const node& at) {
    if (at.path != "throng")
      paths.push_back(fmt::format("\"{}\"", at.path));
    std::vector<std::string> options;
    for (const auto* option : at.options) {
      auto names = names_of(*option);
      options.insert(options.end(), names.begin(), names.end());
      if (!takes_value(*option))
        continue;
      std::vector<std::string> keys;
      for (const auto& name : names)
        keys.push_back(fmt::format("\"{} {}\"", at.path, name));
      out.values +=
          fmt::format("    {}) choices=\"{}\" ;;\n", fmt::join(keys, " | "), fmt::join(words_of(*option), " "));
    }
    out.options += fmt::format("    \"{}\") choices=\"{}\" ;;\n", at.path, fmt::join(options, " "));
    std::vector<std::string> words = at.words;
    for (const auto* command : at.commands)
      words.push_back(command->get_name());
    out.words += fmt::format("    \"{}\") choices=\"{}\" ;;\n", at.path, fmt::join(words, " "));
  });
  out.commands = fmt::format("      {}) at=\"$at $word\" ;;\n", fmt::join(paths, " | "));
  return out;
}

/// Finds `choices`, given `current`, `previous` and `at`, the commands between.
std::string body_of(const CLI::App& program) {
  auto made = tables_of(program);
  return fmt::format(R"(  case "$at $previous" in
{}    *) value= ;;
  esac
  if [ -z "$value" ]; then
    case "$current" in
      -*) case "$at" in
{}      esac ;;
      *) case "$at" in
{}      esac ;;
    esac
  fi
)",
                     made.values, made.options, made.words);
}

std::string quoted_for_fish(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return "'" + out + "'";
}

/// True where exactly this path has been typed.
std::string fish_condition(const node& at) {
  std::string condition = at.path == "throng" ? "__fish_use_subcommand" : "";
  std::vector<std::string> parts;
  for (const auto& word : CLI::detail::split(at.path, ' '))
    if (word != "throng")
      parts.push_back("__fish_seen_subcommand_from " + word);
  if (at.path != "throng" && !at.commands.empty()) {
    std::string below;
    for (const auto* command : at.commands)
      below += " " + command->get_name();
    parts.push_back("not __fish_seen_subcommand_from" + below);
  }
  return condition + fmt::format("{}", fmt::join(parts, "; and "));
}

} // namespace

std::string bash_completion(const CLI::App& program) {
  return fmt::format(R"(# Completion of throng for bash, made by: throng completion bash
_throng() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" at=throng word value=yes choices=
  # bash takes --option=value for three words.
  if [ "$current" = "=" ]; then
    current=
  elif [ "$previous" = "=" ]; then
    previous="${{COMP_WORDS[COMP_CWORD-2]}}"
  fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$at $word" in
{}    esac
  done
{}  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}}
complete -o default -F _throng throng
)",
                     tables_of(program).commands, body_of(program));
}

std::string zsh_completion(const CLI::App& program) {
  return fmt::format(R"(#compdef throng
# Completion of throng for zsh, made by: throng completion zsh
_throng() {{
  local -a typed
  typed=("${{(@)words[2,CURRENT-1]}}")
  local current="${{words[CURRENT]}}" previous="${{words[CURRENT-1]}}" at=throng word value=yes
  local choices=
  case "$current" in
    --*=*) previous="${{current%%=*}}"; compset -P '*='; current="${{current#*=}}" ;;
  esac
  for word in "${{typed[@]}}"; do
    case "$at $word" in
{}    esac
  done
{}  if [ -n "$choices" ]; then
    compadd -- ${{=choices}}
  fi
  if [ -n "$value" ] || [ "${{current[1]}}" != "-" ]; then
    _files
  fi
}}
compdef _throng throng
)",
                     tables_of(program).commands, body_of(program));
}

std::string fish_completion(const CLI::App& program) {
  std::string out = "# Completion of throng for fish, made by: throng completion fish\n";
  visit(program, "throng", {}, [&](const node& at) {
    auto line = fmt::format("complete -c throng -n {}", quoted_for_fish(fish_condition(at)));
    for (const auto* command : at.commands)
      out += fmt::format("{} -a {} -d {}\n", line, command->get_name(), quoted_for_fish(command->get_description()));
    if (!at.words.empty())
      out += fmt::format("{} -a {}\n", line, quoted_for_fish(fmt::format("{}", fmt::join(at.words, " "))));
    for (const auto* option : at.options) {
      out += line;
      for (const auto& name : option->get_lnames())
        out += " -l " + name;
      for (const auto& name : option->get_snames())
        out += " -s " + name;
      if (takes_value(*option))
        out += " -r";
      if (auto words = words_of(*option); !words.empty())
        out += " -a " + quoted_for_fish(fmt::format("{}", fmt::join(words, " ")));
      out += " -d " + quoted_for_fish(option->get_description()) + "\n";
    }
  });
  return out;
}

} // namespace throng::service
