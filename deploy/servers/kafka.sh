#!/usr/bin/env bash
# One Kafka broker (KRaft, no ZooKeeper) for tests and trials, from Maven's packages alone: no Docker, no root.
#   kafka.sh up       starts it, waits until it answers and prints its address; does nothing if it answers already
#   kafka.sh up --secure    the same with TLS, SASL and ACLs besides: see "What --secure adds"
#   kafka.sh down     stops it and removes its data
#   kafka.sh status   prints its address, or exits 1
# THRONG_KAFKA_PORT (19092; the controller listens one above), THRONG_CACHE (~/.cache/throng: the broker's jars).
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
controller_port=$((port + 1))
address=127.0.0.1:$port
cache=${THRONG_CACHE:-$HOME/.cache/throng}
jars=$cache/kafka-$version
state=${TMPDIR:-/tmp}/throng-kafka-$(id -u)-$port
tls=$state/tls
secure=
start_limit_s=60
stop_limit_s=30

die() {
  echo "kafka.sh: $*" >&2
  exit 1
}

running() { [[ -f $state/pid ]] && kill -0 "$(<"$state/pid")" 2>/dev/null; }

# Asks the broker itself where kcat is there; an open port else.
answers() {
  if command -v kcat >/dev/null; then
    kcat -b "$address" -L -m 2 >/dev/null 2>&1
  else
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
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

# One property of several listeners: `listener.name.NAME.PROPERTY`.
secure_properties() {
  local sasl=$((port + 2)) mutual=$((port + 3)) expired=$((port + 4)) elsewhere=$((port + 5))
  cat <<PROPERTIES
listeners=PLAINTEXT://$address,CONTROLLER://127.0.0.1:$controller_port,SASL://127.0.0.1:$sasl,MUTUAL://127.0.0.1:$mutual,EXPIRED://127.0.0.1:$expired,ELSEWHERE://127.0.0.1:$elsewhere
advertised.listeners=PLAINTEXT://$address,SASL://127.0.0.1:$sasl,MUTUAL://127.0.0.1:$mutual,EXPIRED://127.0.0.1:$expired,ELSEWHERE://127.0.0.1:$elsewhere
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,EXPIRED:SSL,ELSEWHERE:SSL
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

write_properties() {
  local listening="listeners=PLAINTEXT://$address,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://$address
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
  [ -z "$secure" ] || listening=$(secure_properties)
  cat >"$state/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
$listening
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$state/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
}

up() {
  # One that answers already will do, unless it lacks what is asked for.
  if running && answers && { [ -z "$secure" ] || [ -d "$tls" ]; }; then
    echo "$address"
    return
  fi
  need_java
  fetch_jars
  running && down
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is taken by something else: set THRONG_KAFKA_PORT"
  fi
  rm -rf "$state"
  mkdir -p "$state/data"
  [ -z "$secure" ] || make_certificates
  write_properties
  export CLASSPATH="$jars/*"
  local id
  id=$(java kafka.tools.StorageTool random-uuid 2>/dev/null) || die "Kafka's StorageTool does not start: is java 11 or later?"
  local users=()
  [ -z "$secure" ] || users=(--add-scram 'SCRAM-SHA-512=[name=alice,password=alice-secret]' --add-scram 'SCRAM-SHA-512=[name=admin,password=admin-secret]')
  java kafka.tools.StorageTool format -t "$id" -c "$state/server.properties" "${users[@]}" >"$state/log" 2>&1 ||
    die "formatting $state/data failed: see $state/log"
  setsid java -Xmx768m kafka.Kafka "$state/server.properties" >>"$state/log" 2>&1 </dev/null &
  echo $! >"$state/pid"
  local deadline=$((SECONDS + start_limit_s))
  until answers; do
    running || die "the broker ended while starting: see $state/log"
    ((SECONDS < deadline)) || die "the broker did not answer at $address within $start_limit_s s: see $state/log"
    sleep 0.2
  done
  echo "$address"
}

down() {
  if running; then
    local pid deadline=$((SECONDS + stop_limit_s))
    pid=$(<"$state/pid")
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do
      ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.1
    done
  fi
  rm -rf "$state"
}

status() {
  if running && answers; then
    echo "$address"
  else
    die "no broker at $address"
  fi
}

# acl OPTION...: Kafka's own AclCommand, as somebody who may do everything
acl() {
  CLASSPATH="$jars/*" java kafka.admin.AclCommand --bootstrap-server "$address" "$@"
}

case ${1:-} in
up)
  [ "${2:-}" != --secure ] || secure=yes
  up
  ;;
acl) acl "${@:2}" ;;
tls) [ ! -d "$tls" ] || echo "$tls" ;; # the folder of certificates, where it was started with --secure
down) down ;;
status) status ;;
*) die "say up [--secure], down, status, acl or tls" ;;
esac
