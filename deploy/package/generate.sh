#!/usr/bin/env bash
# generate.sh PROGRAM FOLDER: man pages (FOLDER/man) and shell completion (FOLDER/completion) from what the program says of itself.
set -euo pipefail
program=$1 folder=$2
rm -rf "$folder/man" "$folder/completion"
mkdir -p "$folder/man/man1" "$folder/completion"

# The commands of a --help: the first words behind "Subcommands:".
commands_of() {
  "$program" "$@" --help | sed -n '/^Subcommands:/,/^$/p' | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# A help's first line, as a man page's NAME has it.
sentence_of() {
  "$program" "$@" --help | head -n 1 | sed 's/\.$//'
}

# page WORD...: the man page of a command, and those of the commands under it.
page() {
  local name=throng
  for word in "$@"; do name+=-$word; done
  # help2man runs one word: the command stands in a script of its own. The date would differ from build to build.
  printf '#!/bin/sh\nexec %q %s "$@"\n' "$program" "$*" > "$folder/$name"
  chmod +x "$folder/$name"
  help2man --no-info --no-discard-stderr --section=1 --source=Throng --manual="User Commands" \
    --version-string="$("$program" --version)" --name="$(sentence_of "$@")" "$folder/$name" |
    sed -e "s/^\.TH [^ ]* \"1\" \"[^\"]*\"/.TH ${name^^} \"1\" \"\"/" -e "s/^throng \\\\- /$name \\\\- /" \
      -e '/^\.\\" DO NOT MODIFY/d' -e '/^\.SH EXAMPLES/{n;s/^\.IP/.nf/}' | gzip -9n > "$folder/man/man1/$name.1.gz"
  rm "$folder/$name"
  local command
  for command in $(commands_of "$@"); do page "$@" "$command"; done
}

page
"$program" completion bash > "$folder/completion/throng"
"$program" completion zsh > "$folder/completion/_throng"
"$program" completion fish > "$folder/completion/throng.fish"
