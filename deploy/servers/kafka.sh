#!/usr/bin/env bash
# One Kafka broker (KRaft, no ZooKeeper) for tests and trials, from Maven's packages alone: no Docker, no root.
#   kafka.sh up       starts it, waits until it answers and prints its address; does nothing if it answers already
#   kafka.sh down     stops it and removes its data
#   kafka.sh status   prints its address, or exits 1
# THRONG_KAFKA_PORT (19092; the controller listens one above), THRONG_CACHE (~/.cache/throng: the broker's jars).
set -euo pipefail

version=3.9.2
scala=2.13
port=${THRONG_KAFKA_PORT:-19092}
controller_port=$((port + 1))
address=127.0.0.1:$port
cache=${THRONG_CACHE:-$HOME/.cache/throng}
jars=$cache/kafka-$version
state=${TMPDIR:-/tmp}/throng-kafka-$(id -u)-$port
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

write_properties() {
  cat >"$state/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=PLAINTEXT://$address,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://$address
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
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
  if running && answers; then
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
  write_properties
  export CLASSPATH="$jars/*"
  local id
  id=$(java kafka.tools.StorageTool random-uuid 2>/dev/null) || die "Kafka's StorageTool does not start: is java 11 or later?"
  java kafka.tools.StorageTool format -t "$id" -c "$state/server.properties" >"$state/log" 2>&1 ||
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

case ${1:-} in
up) up ;;
down) down ;;
status) status ;;
*) die "say up, down or status" ;;
esac
