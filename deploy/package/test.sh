#!/usr/bin/env bash
# test.sh THRONG.DEB THRONG-PARQUET.DEB THRONG-POSTGRES.DEB: installs the packages in a fresh Debian 12, one after the other, and tries what they lay down. Needs root
# (debootstrap, chroot).
set -euo pipefail
deb=$1
parquet=$2
postgres=$3
root=$(mktemp -d)
chmod 755 "$root" # services inside are other users
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT

fail() {
  echo "package: $*" >&2
  exit 1
}
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

debootstrap --variant=minbase bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >/dev/null
mount -t proc proc "$root/proc"
cp "$deb" "$root/throng.deb"
cp "$parquet" "$root/throng-parquet.deb"
cp "$postgres" "$root/throng-postgres.deb"
inside apt-get -o Dpkg::Use-Pty=0 install -y -qq --no-install-recommends man-db bash-completion /throng.deb >/dev/null

inside throng --version
inside throng run smart-city --duration 10m --set populations.sensors.count=50 --store sqlite:/tmp/x.db --report /tmp/report.json --quiet
grep -q '"lost":0' "$root/tmp/report.json" || fail "the installed program's run lost something: $(cat "$root/tmp/report.json")"
for page in throng throng-run throng-simulate throng-analyze throng-query throng-scenario-show; do
  inside man -w "$page" >/dev/null || fail "no man page $page"
done
inside bash -c '. /usr/share/bash-completion/completions/throng && complete -p throng' >/dev/null || fail "bash completion is not loaded"
for unit in throng-simulate@ throng-analyze@ throng-serve; do
  [ -f "$root/lib/systemd/system/$unit.service" ] || fail "no unit $unit"
done
[ "$(inside stat -c '%U:%G %a' /var/lib/throng)" = "throng:throng 750" ] || fail "/var/lib/throng is not the service's own"
inside throng pipeline check /usr/share/doc/throng/examples/pipelines/bank-fraud.json

# Parquet is the second package's, and the first says so.
lake() {
  inside throng analyze web-lake --from file:/tmp/streams --store sqlite:/tmp/lake.db --quiet
}
inside throng simulate web-shop --duration 10m --to file:/tmp/streams --quiet
said=$(lake 2>&1) && fail "Parquet was written without its package"
[[ $said == *"install the package throng-parquet"* ]] || fail "nobody says that a package is missing: $said"
inside apt-get -o Dpkg::Use-Pty=0 install -y -qq --no-install-recommends /throng-parquet.deb >/dev/null
[ -s "$root/usr/share/doc/throng-parquet/arrow/LICENSE.txt" ] || fail "Arrow's licence is missing"
lake
inside sh -c 'throng replay /lake/web.views/*/*/*.parquet --topic web.views --to stdout --quiet' | cut -d, -f1-3 | sort > "$root/tmp/back"
cut -d, -f1-3 "$root/tmp/streams/web.views.ndjson" | sort | cmp -s - "$root/tmp/back" || fail "what was written as Parquet does not come back"
said=$(inside throng export windows --store sqlite:/tmp/lake.db --format parquet --to s3://lake/x 2>&1) && fail "S3 without credentials"
[[ $said == *"needs AWS_ACCESS_KEY_ID"* ]] || fail "the module for S3 does not speak: $said"

# PostgreSQL is the third's. Nobody listens here: that it is refused says that the module speaks.
echo '{"name": "views", "source": "web.views", "key": "user_id", "timestamp": "timestamp", "sinks": [{"name": "base", "to": "postgresql://me@127.0.0.1:1/base", "table": "views"}]}' > "$root/tmp/views.json"
table() {
  inside timeout 10 throng analyze /tmp/views.json --from file:/tmp/streams --store sqlite:/tmp/table.db
}
said=$(table 2>&1) && fail "a table was written without its package"
[[ $said == *"install the package throng-postgres"* ]] || fail "nobody says that a package is missing: $said"
inside apt-get -o Dpkg::Use-Pty=0 install -y -qq --no-install-recommends /throng-postgres.deb >/dev/null
said=$(table 2>&1) && fail "a table was written, and nobody listens"
[[ $said == *"Connection refused"* ]] || fail "the module for PostgreSQL does not speak: $said"

inside apt-get -o Dpkg::Use-Pty=0 remove -y -qq throng-parquet throng-postgres throng >/dev/null
[ ! -e "$root/usr/lib/throng" ] || fail "modules are still there after removal"
[ ! -e "$root/usr/bin/throng" ] || fail "the program is still there after removal"
echo "package: installed, run and removed in a fresh Debian 12"
