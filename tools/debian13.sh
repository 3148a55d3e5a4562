#!/usr/bin/env bash
# Builds this tree in a chroot of Debian 13 and runs its tests there (root). The chroot is made once, by debootstrap
# from the mirror that apt uses, and kept with its build.
# usage: tools/debian13.sh [CHROOT (build/debian13)] [CTEST ARGUMENT ...]   (default: no interop, e2e and guest tests)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=trixie
root=${1:-build/debian13}
shift $(($# > 0 ? 1 : 0))
[ $# -gt 0 ] || set -- -E '^(interop|e2e|guest)\.'
[ "$EUID" = 0 ] || { echo "debian13.sh: needs root" >&2; exit 1; }

# The configuration of apt's transport: proxies, checks of dates.
apt_transport() { apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets\|^Acquire::Languages'; }

make_chroot() {
  local mirror
  [ -d /usr/share/debootstrap ] ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap
  # shellcheck disable=SC2016 # the dollar is apt's
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
  [ -n "$mirror" ] || { echo "debian13.sh: apt has no mirror" >&2; exit 1; }
  mkdir -p "$root"
  [ -e "$root/.half" ] || rmdir "$root" || { echo "debian13.sh: $root is no chroot of this tool" >&2; exit 1; }
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  touch "$root/.half"
  debootstrap --variant=minbase $suite "$root" "$mirror"
  apt_transport > "$root/etc/apt/apt.conf.d/99transport"
  printf 'path-exclude=/usr/share/%s/*\n' doc man locale > "$root/etc/dpkg/dpkg.cfg.d/01small"
  mv "$root/.half" "$root/.complete"
}

[ -e "$root/.complete" ] || make_chroot
[ -e "$root/dev/net/tun" ] || { mkdir -p "$root/dev/net" && mknod -m 666 "$root/dev/net/tun" c 10 200; }
[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"

# The sources as they are now, with new times; the build directory inside stays, and ccache makes a second run quick.
mkdir -p "$root/src/keypact"
find "$root/src/keypact" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
tar -c --exclude=./build --exclude=./.git . | tar -x -m -C "$root/src/keypact"

# Mounts live in a mount namespace of their own and end with it.
# shellcheck disable=SC2016 # the dollars are the inner shell's
exec unshare --mount --propagation private sh -ec '
  root=$1; shift
  mount -t proc proc "$root/proc"
  exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin CI=true sh -ec "
    cd /src/keypact
    ./dev setup
    [ -e build/release/build.ninja ] || cmake --preset release
    cmake --build build/release -- -k 0
    g++ --version | head -1
    exec ctest --test-dir build/release --output-on-failure --parallel 2 \"\$@\"" sh "$@"' sh "$root" "$@" </dev/null
