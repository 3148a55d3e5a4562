#!/usr/bin/env bash
# Makes a root of another Debian in the user's cache and prints its path: `peers`, Debian 13 with its strongSwan, libreswan and OpenIKED;
# `build`, Debian 13 with what building keypact takes; `testing`, Debian's testing with its strongSwan, which has ML-KEM. Packages are
# unpacked, not installed, from the mirror that apt uses, so that those which conflict with each other lie side by side. Made again when
# apt has others.
set -euo pipefail

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/keypact/guest
purpose=${1:-peers}
case $purpose in
  peers) suite=trixie root=$cache/debian13 state=$cache/debian13.apt ;;
  build) suite=trixie root=$cache/debian13-build state=$cache/debian13.apt ;;
  testing) suite=testing root=$cache/debian-testing state=$cache/debian-testing.apt ;;
  *) echo "debian_root.sh: peers, build or testing, not $purpose" >&2; exit 2 ;;
esac
base=(base-files base-passwd bash coreutils dash sed grep mawk procps iproute2 iputils-ping libc-bin mount util-linux openssl)
peers=("strongswan-charon strongswan-swanctl libstrongswan-standard-plugins libstrongswan-extra-plugins libcharon-extra-plugins"
  "libreswan libnss3-tools" openiked)
build=(g++ cmake ninja-build pkg-config libssl-dev libasio-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev librapidcheck-dev
  libmnl-dev libcurl4-openssl-dev libsqlite3-dev libunbound-dev libipsec-mb-dev libgtest-dev libgmock-dev libbenchmark-dev python3
  openssl-provider-legacy)
case $purpose in
  build) peers=("${build[*]}") ;;
  testing) peers=("${peers[0]}") ;;
esac
listed=$state/wanted.$purpose

# apt for a system of that suite on which nothing is installed.
apt_there() {
  LC_ALL=C apt-get -q=2 -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::State::status="$state/status" \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

prepare_apt() {
  local mirror
  # shellcheck disable=SC2016 # the dollar is apt's
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
  [ -n "$mirror" ] || { echo "debian_root.sh: apt has no mirror" >&2; exit 1; }
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : > "$state/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$state/sources.list"
  apt_there update
}

# All packages that one peer needs, with versions, for each peer by itself.
wanted() {
  local peer
  for peer in "${peers[@]}"; do
    # shellcheck disable=SC2086 # a word each
    apt_there -s install --no-install-recommends "${base[@]}" $peer | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p'
  done | sort -u
}

# The tree of a package; /bin, /lib ... are links to what is below /usr.
unpack() {
  local place
  dpkg-deb -x "$1" "$2/.package"
  for place in bin sbin lib lib64; do
    if [ -d "$2/.package/$place" ] && [ ! -L "$2/.package/$place" ]; then
      cp -a "$2/.package/$place/." "$2/usr/$place/"
    fi
    rm -rf "$2/.package/${place:?}"
  done
  rm -rf "$2/.package/usr/share/doc" "$2/.package/usr/share/man" "$2/.package/usr/share/locale"
  cp -a "$2/.package/." "$2/"
  rm -rf "$2/.package"
}

make_root() {
  local new=$root.new place deb
  rm -rf "$new" "$root"
  mkdir -p "$new/.packages"
  # shellcheck disable=SC2046 # a word each
  (cd "$new/.packages" && apt_there download $(cat "$listed"))
  for place in bin sbin lib lib64; do
    mkdir -p "$new/usr/$place"
    ln -s "usr/$place" "$new/$place"
  done
  for deb in "$new"/.packages/*.deb; do unpack "$deb" "$new"; done
  rm -rf "$new/.packages"
  cp "$new/usr/share/base-passwd/passwd.master" "$new/etc/passwd"
  cp "$new/usr/share/base-passwd/group.master" "$new/etc/group"
  ln -sf mawk "$new/usr/bin/awk"
  mkdir -p "$new/proc" "$new/sys" "$new/dev" "$new/run" "$new/tmp" "$new/var/log"
  rm -rf "$new/var/run"
  ln -s /run "$new/var/run"
  cp "$listed" "$new/.complete"
  mv "$new" "$root"
}

prepare_apt >&2
wanted > "$listed"
cmp -s "$listed" "$root/.complete" || make_root >&2
echo "$root"
