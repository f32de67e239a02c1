#!/bin/bash
# Lets the user `throng` create, write and read topics, and commit its groups: what simulator and analyser need, and no more.
set -euo pipefail
cat > /tmp/admin.properties <<EOF
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="$KAFKA_ADMIN_PASSWORD";
ssl.truststore.type=PKCS12
ssl.truststore.location=/certificates/trust.p12
ssl.truststore.password=$CERTIFICATE_PASSWORD
EOF
acls() {
  /opt/kafka/bin/kafka-acls.sh --bootstrap-server broker-1:9092 --command-config /tmp/admin.properties --add --allow-principal User:throng "$@"
}
for prefix in iot. web. bank. support. truth. analytics.; do
  acls --operation Create --operation Describe --operation Read --operation Write --topic "$prefix" --resource-pattern-type prefixed
done
acls --operation Describe --operation Read --group throng. --resource-pattern-type prefixed
acls --operation IdempotentWrite --operation Describe --cluster
