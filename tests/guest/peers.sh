#!/usr/bin/env bash
# Unpacks IKE daemons of Debian that the guest needs into the user's cache, without installing them: libreswan conflicts with
# strongSwan as a package. run.py lays what is there over the root of the guest. Fetched again when it is not what apt would take.
# Other packages that are named go to the directory KEYPACT_UNPACK_TO, for whoever wants them there.
set -euo pipefail

cache=${KEYPACT_UNPACK_TO:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/keypact/guest/peers}

# The packages, with versions, that apt would install beside those that are there.
wanted() {
  LC_ALL=C apt-get -s -o Debug::NoLocking=1 install --no-install-recommends "$1" |
    sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\?(\([^ ]*\) .*/\1=\3/p' | sort -u
}

# The tree of a package; what it has in /bin, /lib ... is below /usr, where the root has it.
unpack() {
  local place
  dpkg-deb -x "$1" "$2/.package"
  for place in bin sbin lib lib32 lib64; do
    if [ -d "$2/.package/$place" ] && [ ! -L "$2/.package/$place" ]; then
      mkdir -p "$2/.package/usr/$place"
      cp -a "$2/.package/$place/." "$2/.package/usr/$place/"
      rm -rf "$2/.package/${place:?}"
    fi
  done
  rm -rf "$2/.package/usr/share/doc" "$2/.package/usr/share/man"
  cp -a "$2/.package/." "$2/"
  rm -rf "$2/.package"
}

fetch() {
  local name=$1 list directory deb
  [ ! "$cache/$name/.complete" -nt /var/lib/dpkg/status ] || return 0
  list=$(wanted "$name") || { apt-get -q update && list=$(wanted "$name"); }
  [ -n "$list" ] || { echo "peers.sh: $name is installed" >&2; return 0; }
  if [ "$(cat "$cache/$name/.complete" 2>/dev/null)" = "$list" ]; then
    touch "$cache/$name/.complete"
    return 0
  fi
  directory=$cache/$name.new
  rm -rf "$directory" "${cache:?}/$name"
  mkdir -p "$directory/.packages"
  # shellcheck disable=SC2086 # a word each
  (cd "$directory/.packages" && apt-get -q=2 -o APT::Sandbox::User=root download $list)
  for deb in "$directory"/.packages/*.deb; do unpack "$deb" "$directory"; done
  rm -rf "$directory/.packages"
  echo "$list" > "$directory/.complete"
  mv "$directory" "$cache/$name"
}

[ $# -gt 0 ] || set -- libreswan openiked
for peer in "$@"; do fetch "$peer"; done
