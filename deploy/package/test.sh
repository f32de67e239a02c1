#!/usr/bin/env bash
# test.sh DEB: installs the package in a fresh Debian 12 and tries what it lays down. Needs root (debootstrap, chroot).
set -euo pipefail
deb=$1
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
inside apt-get -o Dpkg::Use-Pty=0 remove -y -qq throng >/dev/null
[ ! -e "$root/usr/bin/throng" ] || fail "the program is still there after removal"
echo "package: installed, run and removed in a fresh Debian 12"
