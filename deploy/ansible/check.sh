#!/usr/bin/env bash
# Syntax and style of the playbook, and what its templates come to; needs no host.
set -euo pipefail
cd "$(dirname "$0")"
export ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_INVENTORY_UNPARSED_WARNING=False ANSIBLE_NOCOLOR=1
ansible-playbook -i inventory.example.yml --syntax-check site.yml
ansible-lint --offline --nocolor site.yml render.yml

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for secure in false true; do
  ansible-playbook -i inventory.example.yml render.yml -e "out=$out/$secure kafka_secure=$secure ansible_python_interpreter=$(command -v python3)" >"$out/log" ||
    { cat "$out/log"; exit 1; }
  for unit in "$out/$secure"/*/kafka.service; do
    # The program and its user are not here; what systemd does not understand it would leave out, with a warning.
    said=$(systemd-analyze verify "$unit" 2>&1 | grep -v 'is not executable\|man ' | grep "$unit" || true)
    [ -z "$said" ] || { echo "$said"; exit 1; }
  done
done
must() { grep -qxF -- "$2" "$out/$1" || { echo "check.sh: $1 lacks $2"; cat "$out/$1"; exit 1; }; }
must true/work-1/throng-simulate.metropolis.env THRONG_KAFKA__SASL__USERNAME=simulator
must true/work-1/throng-analyze.bank-fraud.env THRONG_KAFKA__SASL__USERNAME=analyser
must true/work-2/throng-analyze.bank-fraud.env THRONG_KAFKA__SASL__PASSWORD=analyser-secret
must true/work-2/throng.env THRONG_TOKEN=token-secret
must false/work-2/throng.env THRONG_TOPICS__PARTITIONS=12
must true/broker-2/server.properties node.id=2
must true/broker-2/server.properties controller.quorum.voters=1@broker-1:9093,2@broker-2:9093,3@broker-3:9093
echo "check.sh: the templates come to what they should"
