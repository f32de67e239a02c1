#!/usr/bin/env bash
# A server that speaks S3, for tests: versitygw over a folder, a bucket each of its folders.
#
#   s3.sh up        builds what is missing (once, some minutes), starts it with the bucket `lake`, waits until it answers
#   s3.sh status    says whether it answers; exit status 0 if it does, 1 if not
#   s3.sh down      stops it and deletes its data
#   s3.sh logs      follows what it says
#
# THRONG_CACHE    what was downloaded and built is kept here        (~/.cache/throng)
# THRONG_S3_PORT  it listens on 127.0.0.1 at this port              (17070)
# THRONG_S3_DIR   data, log and pid file of this instance           (throng-s3-PORT in the folder for temporary files)
set -euo pipefail

port=${THRONG_S3_PORT:-17070}
cache=${THRONG_CACHE:-$HOME/.cache/throng}/s3
instance=${THRONG_S3_DIR:-${TMPDIR:-/tmp}/throng-s3-$port}
program=$cache/bin/versitygw
version=v1.8.0

say() { printf 's3.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
alive() { [ -e "$instance/pid" ] && kill -0 "$(cat "$instance/pid")" 2>/dev/null; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

install_gateway() {
  [ -x "$program" ] && return
  command -v go >/dev/null || die "go is missing: apt-get install golang-go"
  say "building versitygw $version (once, some minutes)"
  mkdir -p "$cache"
  GOBIN="$cache/bin" go install "github.com/versity/versitygw/cmd/versitygw@$version" >"$cache/go.log" 2>&1 ||
    die "go install failed; its end: $(tail -n 3 "$cache/go.log")"
}

case "${1:-}" in
  up)
    install_gateway
    if ! alive; then
      mkdir -p "$instance/data/lake"
      # Nobody but tests on this machine can ask it.
      ROOT_ACCESS_KEY=key-of-the-tests ROOT_SECRET_KEY=secret-of-the-tests \
        "$program" --port "127.0.0.1:$port" posix "$instance/data" >"$instance/log" 2>&1 </dev/null &
      echo $! >"$instance/pid"
    fi
    for _ in $(seq 100); do
      listens && exit 0
      alive || break
      sleep 0.1
    done
    die "it does not answer; its log ends: $(tail -n 3 "$instance/log")" ;;
  status)
    if alive && listens; then say "answers on 127.0.0.1:$port"; else say "is not up"; exit 1; fi ;;
  down)
    if alive; then kill "$(cat "$instance/pid")"; fi
    rm -rf "$instance" ;;
  logs) exec tail -n 50 -F "$instance/log" ;;
  *)
    echo "usage: s3.sh up | status | down | logs" >&2
    exit 2 ;;
esac
