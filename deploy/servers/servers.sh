#!/usr/bin/env bash
# Real servers on the loopback interface: Kafka (kafka.sh) and the MongoDB-wire server (mongo.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  echo "usage: servers.sh up [--secure]|down|status|environment" >&2
  exit 2
}

case "${1:-}" in
  up)
    # A server that can't be set up is said as such, so that no test is blamed for it.
    for server in kafka mongo; do
      "$here/$server.sh" up "${@:2}" || { echo "servers: $server could not be set up (see above)" >&2; exit 3; }
    done ;;
  down)
    "$here/mongo.sh" down || true
    "$here/kafka.sh" down || true ;;
  status)
    "$here/kafka.sh" status || true
    "$here/mongo.sh" status || true ;;
  environment)
    echo "export THRONG_TEST_KAFKA=127.0.0.1:${THRONG_KAFKA_PORT:-19092}"
    # Where it was started with --secure: the port that the others are counted from, and where the certificates are.
    echo "export THRONG_TEST_KAFKA_TLS=$("$here/kafka.sh" tls)"
    echo "export THRONG_TEST_MONGODB=mongodb://127.0.0.1:${THRONG_MONGO_PORT:-27018}" ;;
  *) usage ;;
esac
