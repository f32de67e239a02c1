#!/usr/bin/env bash
# A server that speaks MongoDB's wire protocol, for tests: FerretDB over PostgreSQL 18 with the DocumentDB extension, from package
# registries alone. PostgreSQL lives in a Debian unstable chroot, since the extension is not in the stable release.
# Where Docker is at hand, the compose file with the official image is simpler; this is for where it is not.
#
#   mongo.sh up [--tls FOLDER]   installs what is missing (about 1 GB, once), starts it, waits until it answers, prints its URI. With --tls it
#                     also listens with TLS (broker.pem and broker.key of FOLDER, as kafka.sh makes them), where user throng has to log in
#   mongo.sh status   says whether it answers; exit status 0 if it does, 1 if not
#   mongo.sh down     stops it and deletes its data
#   mongo.sh tls      says where it listens with TLS, if it does
#   mongo.sh logs     follows what it and PostgreSQL say
#   mongo.sh kill     kills what speaks MongoDB's protocol (kill -9), and
#   mongo.sh start    starts that again over the data that is there, and waits until it answers
#
# THRONG_CACHE       what was downloaded and built is kept here            (~/.cache/throng)
# THRONG_MONGO_PORT  it listens on 127.0.0.1 at this port; PostgreSQL at the next; with TLS at the one behind that  (27018)
# THRONG_MONGO_DIR   data, logs and pid files of this instance             (throng-mongo-PORT in the folder for temporary files)
set -euo pipefail

port=${THRONG_MONGO_PORT:-27018}
postgres_port=$((port + 1))
tls_port=$((port + 2))
cache=${THRONG_CACHE:-$HOME/.cache/throng}/mongo
instance=${THRONG_MONGO_DIR:-${TMPDIR:-/tmp}/throng-mongo-$port}
chroot=$cache/chroot
ferretdb=$cache/bin/ferretdb
uri="mongodb://127.0.0.1:$port/"

ferretdb_version=v2.7.0
postgres_bin=/usr/lib/postgresql/18/bin
# Where the instance's folder appears inside the chroot.
inside=/srv/instance

say() { printf 'mongo.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || die "$1 is missing: apt-get install $2"
}

# The mirror that this machine's own Debian comes from: its sources name it, so this script need not.
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -n "$codename" ] || return 0
  {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null |
      awk -v suite="$codename" 'BEGIN { RS = "" } {
        uri = ""; found = 0; lines = split($0, line, "\n")
        for (i = 1; i <= lines; ++i) {
          n = split(line[i], word, " ")
          if (word[1] == "URIs:") uri = word[2]
          if (word[1] == "Suites:") for (j = 2; j <= n; ++j) if (word[j] == suite) found = 1
        }
        if (found && uri != "") print uri
      }'
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -n -E "s/^deb (\[[^]]*\] )?([^ ]+) $codename .*/\2/p"
  } | head -n 1
}

install_chroot() {
  [ -e "$chroot/.complete" ] && return
  need debootstrap debootstrap
  local from
  from=$(mirror || true) # one of the places it looks into may not exist
  [ -n "$from" ] || die "found no Debian mirror in /etc/apt/sources.list or sources.list.d to take PostgreSQL from"
  say "installing PostgreSQL 18 and DocumentDB under $chroot (once, a minute or two)"
  rm -rf "$chroot"
  mkdir -p "$cache"
  debootstrap --variant=minbase sid "$chroot" "$from" >"$cache/debootstrap.log" 2>&1 ||
    die "debootstrap failed; its end: $(tail -n 3 "$cache/debootstrap.log")"
  # Nothing may start inside, and no cluster is wanted but ours.
  printf '#!/bin/sh\nexit 101\n' >"$chroot/usr/sbin/policy-rc.d"
  chmod +x "$chroot/usr/sbin/policy-rc.d"
  mkdir -p "$chroot/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$chroot/etc/postgresql-common/createcluster.conf"
  # A namespace of its own: its mounts end with it.
  unshare --mount --propagation private sh -euc '
    mount --bind /proc "$1/proc"
    mount --bind /dev "$1/dev"
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C
    chroot "$1" apt-get -o Acquire::Check-Valid-Until=false update
    chroot "$1" apt-get -o Acquire::Check-Valid-Until=false install -y --no-install-recommends postgresql-18-documentdb
    chroot "$1" apt-get clean
  ' sh "$chroot" >"$cache/apt.log" 2>&1 || die "apt-get in the chroot failed; its end: $(tail -n 3 "$cache/apt.log")"
  mkdir -p "$chroot$inside"
  touch "$chroot/.complete"
}

install_ferretdb() {
  [ -x "$ferretdb" ] && return
  need go golang-go
  say "building FerretDB $ferretdb_version (once, about a minute)"
  mkdir -p "$cache/bin"
  GOBIN="$cache/bin" go install "github.com/FerretDB/FerretDB/v2/cmd/ferretdb@$ferretdb_version" >"$cache/go.log" 2>&1 ||
    die "go install failed (it needs Go 1.25 or later; this is $(go version)); its end: $(tail -n 3 "$cache/go.log")"
}

alive() { # alive NAME: is the process of this pid file ours and running?
  local pid
  pid=$(cat "$instance/$1.pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A command with the instance's folder inside the chroot, as user postgres.
in_chroot() {
  exec unshare --mount --propagation private sh -euc '
    root=$1 instance=$2 inside=$3; shift 3
    mount --bind /proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount --bind "$instance" "$root$inside"
    export LC_ALL=C
    exec chroot --userspec=postgres:postgres "$root" "$@"
  ' sh "$chroot" "$instance" "$inside" "$@"
}

wait_for() { # wait_for NAME SECONDS COMMAND...: until the command succeeds; fails when the process ends or time is up
  local name=$1 tries=$(($2 * 10))
  shift 2
  while ! "$@"; do
    alive "$name" || die "$name ended; its log's end: $(tail -n 5 "$instance/$name.log")"
    [ $((tries -= 1)) -gt 0 ] || die "$name did not answer in time; its log: $instance/$name.log"
    sleep 0.1
  done
}

postgres_ready() { (in_chroot "$postgres_bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port"); }

start_ferretdb() {
  "$ferretdb" --postgresql-url="postgres://postgres@127.0.0.1:$postgres_port/postgres" --listen-addr="127.0.0.1:$port" \
    --debug-addr=- --no-auth --telemetry=disable --state-dir="$instance/ferretdb" >>"$instance/ferretdb.log" 2>&1 </dev/null &
  echo $! >"$instance/ferretdb.pid"
  wait_for ferretdb 60 listens "$port"
}

in_database() { # in_database SQL
  (in_chroot "$postgres_bin/psql" -q -h 127.0.0.1 -p "$postgres_port" -d postgres -c "$1")
}

# Users are PostgreSQL's, whichever listener they come by; the password is one for tests.
start_tls() {
  local folder=$1
  in_database "SELECT documentdb_api.create_user('{\"createUser\": \"throng\", \"pwd\": \"throng-secret\", \"roles\":
    [{\"role\": \"readWriteAnyDatabase\", \"db\": \"admin\"}, {\"role\": \"clusterAdmin\", \"db\": \"admin\"}]}')" >"$instance/user.log" 2>&1 ||
    die "the user could not be made; the log's end: $(tail -n 5 "$instance/user.log")"
  mkdir -p "$instance/ferretdb-tls"
  "$ferretdb" --postgresql-url="postgres://postgres@127.0.0.1:$postgres_port/postgres" --listen-addr= \
    --listen-tls="127.0.0.1:$tls_port" --listen-tls-cert-file="$folder/broker.pem" --listen-tls-key-file="$folder/broker.key" \
    --debug-addr=- --telemetry=disable --state-dir="$instance/ferretdb-tls" >>"$instance/ferretdb-tls.log" 2>&1 </dev/null &
  echo $! >"$instance/ferretdb-tls.pid"
  wait_for ferretdb-tls 60 listens "$tls_port"
  say "with TLS and users at 127.0.0.1:$tls_port"
}

up() {
  local folder=
  [ "${1:-}" != --tls ] || folder=$2
  if alive ferretdb && alive postgres; then
    say "is up already"
    [ -z "$folder" ] || alive ferretdb-tls || start_tls "$folder"
    echo "$uri"
    return
  fi
  [ "$(id -u)" -eq 0 ] || die "needs root (chroot and bind mounts); where Docker is at hand, use the compose file instead"
  need unshare util-linux
  install_chroot
  install_ferretdb
  down
  local taken
  for taken in "$port" "$postgres_port" ${folder:+"$tls_port"}; do
    ! listens "$taken" || die "port $taken is taken by another program: set THRONG_MONGO_PORT"
  done

  mkdir -p "$instance/postgres" "$instance/ferretdb"
  local uid gid
  uid=$(awk -F: '$1 == "postgres" { print $3 }' "$chroot/etc/passwd")
  gid=$(awk -F: '$1 == "postgres" { print $4 }' "$chroot/etc/passwd")
  chown "$uid:$gid" "$instance/postgres"
  (in_chroot "$postgres_bin/initdb" -A trust --no-sync -D "$inside/postgres") >"$instance/initdb.log" 2>&1 ||
    die "initdb failed; its log's end: $(tail -n 5 "$instance/initdb.log")"
  cat >>"$instance/postgres/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = ''
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '127.0.0.1'
fsync = off
CONF
  in_chroot "$postgres_bin/postgres" -D "$inside/postgres" >"$instance/postgres.log" 2>&1 </dev/null &
  echo $! >"$instance/postgres.pid"
  wait_for postgres 60 postgres_ready
  in_database 'CREATE EXTENSION documentdb CASCADE' >"$instance/extension.log" 2>&1 ||
    die "CREATE EXTENSION documentdb failed; its log's end: $(tail -n 5 "$instance/extension.log")"

  start_ferretdb
  [ -z "$folder" ] || start_tls "$folder"
  say "answers at $uri"
  echo "$uri"
}

stop() { # stop NAME SIGNAL: by its pid file; killed if it has not ended within 10 s
  local pid tries=100
  alive "$1" || { rm -f "$instance/$1.pid"; return 0; }
  pid=$(cat "$instance/$1.pid")
  kill "-$2" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do
    [ $((tries -= 1)) -gt 0 ] || { kill -KILL "$pid" 2>/dev/null || true; break; }
    sleep 0.1
  done
  rm -f "$instance/$1.pid"
}

down() {
  stop ferretdb-tls TERM
  stop ferretdb TERM
  stop postgres INT # INT is PostgreSQL's fast shutdown: it does not wait for clients
  rm -rf "$instance"
}

case "${1:-}" in
  up) up "${@:2}" ;;
  tls) ! alive ferretdb-tls || echo "127.0.0.1:$tls_port" ;;
  down) down ;;
  logs)
    [ -d "$instance" ] || die "nothing runs here"
    exec tail -n 50 -F "$instance/ferretdb.log" "$instance/postgres.log" ;;
  kill) stop ferretdb KILL ;;
  start)
    alive postgres || die "nothing runs here: say up"
    alive ferretdb || start_ferretdb ;;
  status)
    if alive ferretdb && listens "$port"; then
      echo "up: $uri"
    else
      echo "down"
      exit 1
    fi
    ;;
  *)
    echo "usage: mongo.sh up [--tls FOLDER]|down|status|logs|kill|start|tls" >&2
    exit 2
    ;;
esac
