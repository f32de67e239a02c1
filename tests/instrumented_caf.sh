#!/usr/bin/env bash
# CAF with ThreadSanitizer, built from the upstream source of the very Debian package that is installed, for `./dev test --actors`: Debian's own build is not
# instrumented, so over it ThreadSanitizer reports what is no race, and with those reports suppressed also none that is one.
# Prints where it is installed: a folder of its own under ~/.cache/throng (THRONG_CACHE), made once (some minutes).
set -euo pipefail

say() { printf 'instrumented_caf.sh: %s\n' "$*" >&2; }

read -r source version < <(dpkg-query -W -f '${source:Package} ${source:Version}\n' libcaf-dev)
prefix=${THRONG_CACHE:-$HOME/.cache/throng}/caf-tsan-$version
if [ ! -e "$prefix/complete" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  # The sources of where this machine's own packages come from, without touching how it is set up.
  mkdir parts lists
  cp /etc/apt/sources.list parts/system.list 2>/dev/null || true
  cp /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources parts/ 2>/dev/null || true
  find parts -name '*.list' -exec sed -i 's/^deb /deb-src /' {} +
  find parts -name '*.sources' -exec sed -i 's/^Types:.*/Types: deb-src/' {} +
  apt=(apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts" -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
  say "fetching and building $source $version into $prefix"
  "${apt[@]}" update
  "${apt[@]}" source --download-only --tar-only "$source=$version" >&2
  mkdir source
  tar -xf ./*.orig.tar.* -C source --strip-components=1
  # CAF 0.17 leaves these two includes to others, which the sanitizer's headers do not bring.
  cmake -S source -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_CXX_FLAGS="-fsanitize=thread -include cstdint -include limits" -DCMAKE_SHARED_LINKER_FLAGS=-fsanitize=thread \
    -DCAF_NO_EXAMPLES=ON -DCAF_NO_UNIT_TESTS=ON -DCAF_NO_TOOLS=ON -DCAF_NO_PYTHON=ON -DCAF_NO_OPENSSL=ON -DCAF_NO_OPENCL=ON >/dev/null
  cmake --build build --parallel "$(nproc)" >&2
  cmake --install build >/dev/null
  touch "$prefix/complete"
fi
echo "$prefix"
