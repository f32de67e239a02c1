#!/bin/sh
# A certificate authority of this compose project's own, and a key for each broker. Once: what is there is left alone.
set -eu
cd /certificates
[ -f ca.pem ] && exit 0
umask 077
password=$CERTIFICATE_PASSWORD
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Throng compose CA" -keyout ca.key -out ca.pem
for broker in broker-1 broker-2 broker-3; do
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$broker" -keyout $broker.key -out $broker.csr
  printf 'subjectAltName=DNS:%s,DNS:localhost\n' $broker > $broker.ext
  openssl x509 -req -in $broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile $broker.ext -out $broker.pem
  openssl pkcs12 -export -name $broker -inkey $broker.key -in $broker.pem -certfile ca.pem -passout "pass:$password" -out $broker.p12
done
keytool -importcert -noprompt -alias ca -file ca.pem -storetype PKCS12 -storepass "$password" -keystore trust.p12
printf '%s' "$password" > password
chmod 755 . && chmod 644 ca.pem ./*.p12 password
