#!/usr/bin/env bash
# Real servers on the loopback interface: Kafka (kafka.sh), the MongoDB-wire server (mongo.sh), and with --s3 one of S3 (s3.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  echo "usage: servers.sh up [--s3] [--brokers N] [--secure] | down | status | logs [kafka|mongo|s3] | environment" >&2
  exit 2
}

case "${1:-}" in
  up)
    # A server that can't be set up is said as such, so that no test is blamed for it.
    shift
    if [ "${1:-}" = --s3 ]; then
      shift
      "$here/s3.sh" up || { echo "servers: s3 could not be set up (see above)" >&2; exit 3; }
    fi
    "$here/kafka.sh" up "$@" || { echo "servers: kafka could not be set up (see above)" >&2; exit 3; }
    certificates=$("$here/kafka.sh" tls)
    "$here/mongo.sh" up ${certificates:+--tls "$certificates"} || { echo "servers: mongo could not be set up (see above)" >&2; exit 3; } ;;
  down)
    "$here/s3.sh" down || true
    "$here/mongo.sh" down || true
    "$here/kafka.sh" down || true ;;
  status)
    failed=0
    "$here/kafka.sh" status || failed=1
    "$here/mongo.sh" status || failed=1
    exit $failed ;;
  logs)
    case "${2:-kafka}" in
      kafka | mongo | s3) exec "$here/${2:-kafka}.sh" logs "${@:3}" ;;
      *) usage ;;
    esac ;;
  environment)
    addresses=$("$here/kafka.sh" addresses)
    echo "export THRONG_TEST_KAFKA=${addresses:-127.0.0.1:${THRONG_KAFKA_PORT:-19092}}"
    # Where it was started with --secure: the port that the others are counted from, and where the certificates are.
    echo "export THRONG_TEST_KAFKA_TLS=$("$here/kafka.sh" tls)"
    # Where it was started with --s3: HOST:PORT.
    echo "export THRONG_TEST_S3=$("$here/s3.sh" status 2>/dev/null && echo "127.0.0.1:${THRONG_S3_PORT:-17070}" || true)"
    # With --secure: HOST:PORT where it speaks TLS, by the same certificates, and lets in user throng with throng-secret.
    echo "export THRONG_TEST_MONGODB_TLS=$("$here/mongo.sh" tls)"
    echo "export THRONG_TEST_MONGODB=mongodb://127.0.0.1:${THRONG_MONGO_PORT:-27018}"
    # The one that the MongoDB-wire server stands on.
    echo "export THRONG_TEST_POSTGRES=postgresql://postgres@127.0.0.1:$((${THRONG_MONGO_PORT:-27018} + 1))" ;;
  *) usage ;;
esac
