#!/usr/bin/env bash
# Real servers on the loopback interface: Kafka (kafka.sh) and the MongoDB-wire server (mongo.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  echo "usage: servers.sh up [--brokers N] [--secure] | down | status | logs [kafka|mongo] | environment" >&2
  exit 2
}

case "${1:-}" in
  up)
    # A server that can't be set up is said as such, so that no test is blamed for it.
    "$here/kafka.sh" up "${@:2}" || { echo "servers: kafka could not be set up (see above)" >&2; exit 3; }
    "$here/mongo.sh" up || { echo "servers: mongo could not be set up (see above)" >&2; exit 3; } ;;
  down)
    "$here/mongo.sh" down || true
    "$here/kafka.sh" down || true ;;
  status)
    failed=0
    "$here/kafka.sh" status || failed=1
    "$here/mongo.sh" status || failed=1
    exit $failed ;;
  logs)
    case "${2:-kafka}" in
      kafka | mongo) exec "$here/${2:-kafka}.sh" logs "${@:3}" ;;
      *) usage ;;
    esac ;;
  environment)
    addresses=$("$here/kafka.sh" addresses)
    echo "export THRONG_TEST_KAFKA=${addresses:-127.0.0.1:${THRONG_KAFKA_PORT:-19092}}"
    # Where it was started with --secure: the port that the others are counted from, and where the certificates are.
    echo "export THRONG_TEST_KAFKA_TLS=$("$here/kafka.sh" tls)"
    echo "export THRONG_TEST_MONGODB=mongodb://127.0.0.1:${THRONG_MONGO_PORT:-27018}" ;;
  *) usage ;;
esac
