#!/usr/bin/env bash
# Kafka brokers (KRaft, no ZooKeeper) for tests and trials, from Maven's packages alone: no Docker, no root.
#   kafka.sh up [--brokers N] [--secure]   starts them (1), waits until they answer and prints their addresses; does nothing if they answer already
#   kafka.sh down         stops them and removes their data
#   kafka.sh status       prints the addresses and process ids, or exits 1 if one does not answer
#   kafka.sh logs [N]     follows what broker N (all) says
#   kafka.sh stop|kill|start N   one broker alone: stopped, killed (kill -9), started again with the data that it had; start waits until it answers
#   kafka.sh tool CLASS OPTION...   one of Kafka's own commands, told where the brokers are
# THRONG_KAFKA_PORT (19092; the controller listens one above; broker 2 has its ports ten above those of broker 1, broker 3 twenty),
# THRONG_CACHE (~/.cache/throng: the broker's jars).
#
# Where there are several brokers, topics have three replicas of which two must have a message (min.insync.replicas), and each broker has one port more:
#   +6 plain, too, but its clients are told to come to +7: where a test puts a proxy of its own
#
# What --secure adds, each on a port of its own and with certificates of a private CA in STATE/tls (ca.pem, client.pem, client.key, stranger.pem):
#   +2 SASL_SSL    SCRAM-SHA-512 and PLAIN: user alice with the password alice-secret, who may do only what ACLs let her, and admin (admin-secret)
#   +3 SSL         a client needs a certificate of the CA: client.pem is User:CN=alice
#   +4 SSL         a certificate that has expired
#   +5 SSL         a certificate for another host
# The plain port stays open, and whoever comes by it may do everything: tests set ACLs there (kafka.sh acl ...).
set -euo pipefail

version=3.9.2
scala=2.13
port=${THRONG_KAFKA_PORT:-19092}
cache=${THRONG_CACHE:-$HOME/.cache/throng}
jars=$cache/kafka-$version
state=${TMPDIR:-/tmp}/throng-kafka-$(id -u)-$port
tls=$state/tls
secure=
brokers=1
start_limit_s=60
stop_limit_s=30

die() {
  echo "kafka.sh: $*" >&2
  exit 1
}

# The first port of broker N.
port_of() { echo $((port + 10 * ($1 - 1))); }

# The brokers that were set up, by number.
known() { for folder in "$state"/[1-9]; do [ ! -f "$folder/server.properties" ] || basename "$folder"; done; }

addresses() {
  local list=() n
  for n in $(known); do list+=("127.0.0.1:$(port_of "$n")"); done
  (IFS=, && echo "${list[*]}")
}

running() { # running N
  [[ -f $state/$1/pid ]] && kill -0 "$(<"$state/$1/pid")" 2>/dev/null
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Asks the broker itself where kcat is there; an open port else.
answers() { # answers N
  if command -v kcat >/dev/null; then
    kcat -b "127.0.0.1:$(port_of "$1")" -L -m 2 >/dev/null 2>&1
  else
    listens "$(port_of "$1")"
  fi
}

need_java() {
  command -v java >/dev/null || die "java is missing: apt-get install openjdk-17-jre-headless"
}

fetch_jars() {
  [[ -f $jars/.complete ]] && return
  command -v mvn >/dev/null || die "mvn is missing: apt-get install maven"
  local work
  work=$(mktemp -d)
  cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>throng</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_$scala</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
POM
  echo "kafka.sh: fetching Kafka $version into $jars (about 56 MB, once)" >&2
  mkdir -p "$jars"
  if ! mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars" >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    rm -rf "$work"
    die "Maven could not fetch Kafka $version (its last lines are above)"
  fi
  rm -rf "$work"
  touch "$jars/.complete"
}

# certificate NAME SUBJECT ALTERNATIVE_NAME [OPENSSL OPTION...]: NAME.key, NAME.pem, signed by the CA, and NAME.keystore.pem as Kafka reads it
certificate() {
  local name=$1 subject=$2 names=$3
  shift 3
  openssl req -new -newkey rsa:2048 -nodes -keyout "$tls/$name.key" -subj "$subject" -out "$tls/$name.csr" 2>/dev/null
  openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -out "$tls/$name.pem" \
    -extfile <(echo "subjectAltName=$names") "$@" 2>/dev/null
  cat "$tls/$name.key" "$tls/$name.pem" "$tls/ca.pem" >"$tls/$name.keystore.pem"
}

make_certificates() {
  command -v openssl >/dev/null || die "openssl is missing: apt-get install openssl"
  mkdir -p "$tls"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tls/ca.key" -out "$tls/ca.pem" -days 30 -subj "/CN=Throng test CA" 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tls/stranger.key" -out "$tls/stranger.pem" -days 30 -subj "/CN=Another CA" 2>/dev/null
  certificate broker "/CN=broker" "IP:127.0.0.1,DNS:localhost" -days 30
  certificate elsewhere "/CN=elsewhere" "DNS:kafka.example.org" -days 30
  certificate client "/CN=alice" "DNS:alice" -days 30
  # x509 -req only counts days from now: the CA command takes an end in the past.
  : >"$tls/index.txt"
  openssl req -new -newkey rsa:2048 -nodes -keyout "$tls/expired.key" -subj "/CN=broker" -out "$tls/expired.csr" 2>/dev/null
  cat >"$tls/ca.conf" <<CONF
[ca]
default_ca = only
[only]
database = $tls/index.txt
new_certs_dir = $tls
serial = $tls/serial
default_md = sha256
policy = any
copy_extensions = none
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1
CONF
  echo 1000 >"$tls/serial"
  openssl ca -batch -config "$tls/ca.conf" -cert "$tls/ca.pem" -keyfile "$tls/ca.key" -in "$tls/expired.csr" -out "$tls/expired.pem" \
    -startdate 20200101000000Z -enddate 20200201000000Z -notext 2>/dev/null
  cat "$tls/expired.key" "$tls/expired.pem" "$tls/ca.pem" >"$tls/expired.keystore.pem"
}

# The properties that TLS, SASL and ACLs need, beside the listeners. One property of several listeners: `listener.name.NAME.PROPERTY`.
secure_properties() {
  cat <<PROPERTIES
ssl.keystore.type=PEM
ssl.keystore.location=$tls/broker.keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location=$tls/expired.keystore.pem
listener.name.elsewhere.ssl.keystore.type=PEM
listener.name.elsewhere.ssl.keystore.location=$tls/elsewhere.keystore.pem
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret" user_admin="admin-secret";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
PROPERTIES
}

write_properties() { # write_properties N
  local first voters=() n at replicas=1 in_sync=1
  first=$(port_of "$1")
  for ((n = 1; n <= brokers; ++n)); do voters+=("$n@127.0.0.1:$(($(port_of "$n") + 1))"); done
  at=127.0.0.1:
  local listeners=PLAINTEXT://$at$first,CONTROLLER://$at$((first + 1)) advertised=PLAINTEXT://$at$first protocols=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
  if ((brokers > 1)); then
    listeners+=,PROXIED://$at$((first + 6)) advertised+=,PROXIED://$at$((first + 7)) protocols+=,PROXIED:PLAINTEXT
    replicas=$((brokers < 3 ? brokers : 3)) in_sync=$((brokers < 3 ? 1 : 2))
  fi
  if [ -n "$secure" ]; then
    local secured=SASL://$at$((first + 2)),MUTUAL://$at$((first + 3)),EXPIRED://$at$((first + 4)),ELSEWHERE://$at$((first + 5))
    listeners+=,$secured advertised+=,$secured protocols+=,SASL:SASL_SSL,MUTUAL:SSL,EXPIRED:SSL,ELSEWHERE:SSL
  fi
  cat >"$state/$1/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$(IFS=, && echo "${voters[*]}")
listeners=$listeners
advertised.listeners=$advertised
listener.security.protocol.map=$protocols
$([ -z "$secure" ] || secure_properties)
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$state/$1/data
num.partitions=1
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.num.partitions=1
offsets.topic.replication.factor=$replicas
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
replica.lag.time.max.ms=5000
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
PROPERTIES
}

launch() { # launch N: starts it and does not wait
  local heap=512m
  [ "$(known | wc -l)" != 1 ] || heap=768m
  CLASSPATH="$jars/*" setsid java "-Xmx$heap" kafka.Kafka "$state/$1/server.properties" >>"$state/$1/log" 2>&1 </dev/null &
  echo $! >"$state/$1/pid"
}

await() { # await N: until it answers
  local deadline=$((SECONDS + start_limit_s))
  until answers "$1"; do
    running "$1" || die "broker $1 ended while starting: see $state/$1/log"
    ((SECONDS < deadline)) || die "broker $1 did not answer within $start_limit_s s: see $state/$1/log"
    sleep 0.2
  done
}

# As many as asked for, with what is asked for, all of them answering?
up_already() {
  [ "$(known | wc -l)" = "$brokers" ] && { [ -z "$secure" ] || [ -d "$tls" ]; } || return 1
  local n
  for n in $(known); do running "$n" && answers "$n" || return 1; done
}

up() {
  if up_already; then
    addresses
    return
  fi
  need_java
  fetch_jars
  down
  local n taken
  for ((n = 1; n <= brokers; ++n)); do
    for taken in "$(port_of "$n")" "$(($(port_of "$n") + 1))"; do
      ! listens "$taken" || die "port $taken is taken by something else: set THRONG_KAFKA_PORT"
    done
    mkdir -p "$state/$n/data"
  done
  [ -z "$secure" ] || make_certificates
  local id users=()
  id=$(CLASSPATH="$jars/*" java kafka.tools.StorageTool random-uuid 2>/dev/null) || die "Kafka's StorageTool does not start: is java 11 or later?"
  [ -z "$secure" ] || users=(--add-scram 'SCRAM-SHA-512=[name=alice,password=alice-secret]' --add-scram 'SCRAM-SHA-512=[name=admin,password=admin-secret]')
  for ((n = 1; n <= brokers; ++n)); do
    write_properties "$n"
    CLASSPATH="$jars/*" java kafka.tools.StorageTool format -t "$id" -c "$state/$n/server.properties" "${users[@]}" >"$state/$n/log" 2>&1 ||
      die "formatting $state/$n/data failed: see $state/$n/log"
  done
  for n in $(known); do launch "$n"; done
  for n in $(known); do await "$n"; done
  addresses
}

# end N SIGNAL: ends it by its process id; one that does not within stop_limit_s is killed
end() {
  running "$1" || return 0
  local pid deadline=$((SECONDS + stop_limit_s))
  pid=$(<"$state/$1/pid")
  kill "-$2" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do
    ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
}

down() {
  # Together: the last of a quorum would wait for the others. What one alone has not written yet nobody needs.
  local n
  for n in $(known); do end "$n" "$([ "$(known | wc -l)" = 1 ] && echo TERM || echo KILL)" & done
  wait
  rm -rf "$state"
}

status() {
  [ -n "$(known)" ] || die "no broker at 127.0.0.1:$port"
  local n failed=0
  for n in $(known); do
    if running "$n" && answers "$n"; then
      echo "up: 127.0.0.1:$(port_of "$n"), process $(<"$state/$n/pid")"
    else
      echo "down: 127.0.0.1:$(port_of "$n")"
      failed=1
    fi
  done
  return $failed
}

logs() {
  [ -n "$(known)" ] || die "no broker at 127.0.0.1:$port"
  if [ -n "${1:-}" ]; then one "$1"; exec tail -n 100 -F "$state/$1/log"; fi
  exec tail -n 30 -F "$state"/[1-9]/log
}

one() { # one N: is there such a broker?
  [ -f "$state/${1:-0}/server.properties" ] || die "there is no broker ${1:-(say which)}: $(known | xargs)"
}

# tool CLASS OPTION...: as somebody who may do everything
tool() {
  CLASSPATH="$jars/*" java "$1" --bootstrap-server "$(addresses)" "${@:2}"
}

case ${1:-} in
up)
  shift
  while [ $# -gt 0 ]; do
    case $1 in
    --secure) secure=yes ;;
    --brokers) brokers=${2:-} && shift ;;
    --brokers=*) brokers=${1#*=} ;;
    *) die "up takes --brokers N and --secure, not $1" ;;
    esac
    shift
  done
  [[ $brokers =~ ^[1-5]$ ]] || die "--brokers is 1 to 5, not '$brokers'"
  up
  ;;
acl) tool kafka.admin.AclCommand "${@:2}" ;;
tool) tool "${@:2}" ;;
tls) [ ! -d "$tls" ] || echo "$tls" ;; # the folder of certificates, where it was started with --secure
addresses) addresses ;;
state) echo "$state" ;;
down) down ;;
status) status ;;
logs) logs "${2:-}" ;;
stop) one "${2:-}" && end "$2" TERM ;;
kill) one "${2:-}" && end "$2" KILL ;;
start) one "${2:-}" && { running "$2" || launch "$2"; } && await "$2" ;;
*) die "say up [--brokers N] [--secure], down, status, logs [N], stop N, kill N, start N, acl, tool, tls, addresses or state" ;;
esac
