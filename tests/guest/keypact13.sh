#!/usr/bin/env bash
# Builds keypactd and keypact with the compiler and libraries of Debian 13, whose OpenSSL has ML-KEM, and prints the path of a build
# directory whose programs run here: by the loader and with the libraries of that Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

root=$(tests/guest/debian_root.sh build)
libraries=usr/lib/$(gcc -dumpmachine)
built=$root.out
programs=(keypactd keypact)

# In a mount namespace of its own: the tree at /source, what is built at /out.
in_root() {
  # shellcheck disable=SC2016 # it is the inner shell's
  unshare --mount sh -c '
    root=$1 tree=$2 out=$3
    shift 3
    mkdir -p "$root/source" "$root/out"
    mount --bind "$tree" "$root/source"
    mount --bind "$out" "$root/out"
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" "$@"' sh "$root" "$PWD" "$built/tree" "$@"
}

mkdir -p "$built/tree"
in_root cmake -S /source -B /out -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=g++ > "$built/log"
in_root ninja -k 0 -C /out keypactd keypact >> "$built/log" || { tail -40 "$built/log" >&2; exit 1; }
for program in "${programs[@]}"; do
  cat > "$built/$program" <<END
#!/bin/sh
export OPENSSL_MODULES=$root/$libraries/ossl-modules OPENSSL_CONF=/dev/null
exec $root/$libraries/ld-linux-x86-64.so.2 --library-path $root/$libraries $built/tree/$program "\$@"
END
  chmod 755 "$built/$program"
done
echo "$built"
