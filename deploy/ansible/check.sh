#!/usr/bin/env bash
# Syntax and style of the playbook; needs no host.
set -euo pipefail
cd "$(dirname "$0")"
export ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_INVENTORY_UNPARSED_WARNING=False
ansible-playbook -i inventory.example.yml --syntax-check site.yml
ansible-lint --offline --nocolor site.yml
