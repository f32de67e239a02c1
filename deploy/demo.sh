#!/usr/bin/env bash
# The main job on the embedded default: a small city, simulated, watched and stored, and what came of it. Ends by itself.
set -euo pipefail
throng=$1
folder=build/demo
store=sqlite:$folder/throng.db
mkdir -p "$folder"

"$throng" run metropolis --store "$store"
cat <<EOF

Try next:
  $throng query windows --store $store --pipeline city-climate --window climate-1m --group district=district-03 --limit 5
  $throng query alerts --store $store --sort -time --limit 10
  $throng query labels --store $store --where '{"malicious": true}' --limit 10
  $throng score --store $store
EOF
