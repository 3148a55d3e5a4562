#!/usr/bin/env bash
# Two hosts on this machine, each a network namespace, negotiate an IKEv2 tunnel with keypact and pass traffic through it.
# Needs root; leaves nothing behind. Exits non-zero if anything is not as it says. KEYPACT_BUILD_DIR: where the programs are.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${KEYPACT_BUILD_DIR:-$root/build/release}
examples=$root/examples/site-to-site-psk
declare -A outer=([left]=192.0.2.1 [right]=192.0.2.2)
declare -A inner=([left]=10.1.0.1 [right]=10.2.0.1)
declare -A daemon=()
capture=""
work=""
tag=""

step() { printf '\n\033[1m== %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }
die() { printf '\ndemo: %s\n' "$*" >&2; exit 1; }
on() { local host=$1; shift; ip netns exec "$tag-$host" "$@"; }
keypact() { local host=$1; shift; "$build/keypact" --vici "$work/$host/vici" "$@"; }

# Ends a process of ours and waits for it; its status. (Bash makes its children deaf to INT, so it is TERM that ends them.)
finish() {
  kill "$1" 2>/dev/null || true
  wait "$1"
}

clean_up() {
  local status=$? host
  trap - EXIT INT TERM HUP
  set +e
  for host in "${!daemon[@]}"; do finish "${daemon[$host]}"; done 2>/dev/null
  [ -z "$capture" ] || finish "$capture" 2>/dev/null
  if [ "$status" != 0 ]; then show_logs; fi
  for host in left right; do ip netns del "$tag-$host" 2>/dev/null; done
  [ -z "$work" ] || rm -rf "$work"
  exit "$status"
}

show_logs() {
  local host
  for host in left right; do
    [ -s "$work/$host/log" ] || continue
    printf '\n-- the end of the log of keypactd on %s\n' "$host" >&2
    tail -n 60 "$work/$host/log" >&2
  done
}

check_prerequisites() {
  [ "$EUID" = 0 ] || { echo "demo: network namespaces need root; run: sudo ./dev demo" >&2; exit 77; }
  local program
  for program in keypactd keypact; do
    [ -x "$build/$program" ] || die "$build/$program does not exist; run: ./dev build"
  done
  for program in ip ping dumpcap python3; do
    command -v "$program" >/dev/null || die "$program is not installed; run: ./dev setup"
  done
}

make_hosts() {
  local host
  for host in left right; do
    mkdir "$work/$host"
    ip netns add "$tag-$host"
  done
  # One segment a packet, so that the capture shows what would be on a real wire.
  ip -n "$tag-left" link add wire gso_max_segs 1 type veth peer name wire gso_max_segs 1 netns "$tag-right"
  for host in left right; do
    ip -n "$tag-$host" link set lo up
    ip -n "$tag-$host" addr add "${inner[$host]}/24" dev lo
    ip -n "$tag-$host" addr add "${outer[$host]}/24" dev wire
    ip -n "$tag-$host" link set wire up
  done
}

start_daemon() {
  local host=$1 try
  ip netns exec "$tag-$host" "$build/keypactd" --config "$examples/$host" --vici "$work/$host/vici" --backend userspace --tun kp0 \
    --port 500 --nat-port 4500 2>"$work/$host/log" &
  daemon[$host]=$!
  for try in $(seq 200); do
    kill -0 "${daemon[$host]}" 2>/dev/null || die "keypactd on $host ended at its start"
    if keypact "$host" version >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  die "keypactd on $host does not answer after $try tries"
}

start_capture() {
  dumpcap_log=$work/dumpcap.log
  ip netns exec "$tag-left" dumpcap -q -P -i wire -w "$work/wire.pcap" 2>"$dumpcap_log" &
  capture=$!
  for _ in $(seq 200); do
    if grep -q File: "$dumpcap_log"; then return 0; fi
    sleep 0.05
  done
  die "dumpcap does not capture: $(cat "$dumpcap_log")"
}

ping_both_ways() {
  on left ping -n -c 3 -i 0.2 -W 2 -I "${inner[left]}" "${inner[right]}" || die "no answer to left's ping"
  on right ping -n -c 3 -i 0.2 -W 2 -I "${inner[right]}" "${inner[left]}" | tail -n 2 || die "no answer to right's ping"
}

move_file() {
  head -c 5242880 /dev/urandom >"$work/left/file"
  ip netns exec "$tag-right" timeout 60 python3 "$here/tcp_file.py" receive "${inner[right]}" 40000 "$work/right/file" &
  local receiver=$!
  on left timeout 60 python3 "$here/tcp_file.py" send "${inner[left]}" "${inner[right]}" 40000 "$work/left/file" ||
    die "the file could not be sent"
  wait "$receiver" || die "the file was not received"
  local sent received
  sent=$(sha256sum <"$work/left/file")
  received=$(sha256sum <"$work/right/file")
  printf 'sent      %s\nreceived  %s\n' "${sent%% *}" "${received%% *}"
  [ "$sent" = "$received" ] || die "the file did not arrive as it was sent"
}

check_wire() {
  sleep 0.3                       # the kernel hands packets to the capture in blocks
  finish "$capture" || die "dumpcap failed: $(cat "$dumpcap_log")"
  capture=""
  python3 "$here/wire_report.py" "$work/wire.pcap" "${inner[@]}" ||
    die "the wire did not carry what it should"
}

# Takes the tunnel down, ends both daemons, and looks whether they left a route or an interface.
take_down() {
  keypact left down "$name"
  local host
  for host in left right; do
    finish "${daemon[$host]}" || die "keypactd on $host ended with status $?"
    unset "daemon[$host]"
    if ip -n "$tag-$host" route show table all | grep -q kp0 || ip -n "$tag-$host" link show kp0 >/dev/null 2>&1; then
      die "keypactd left a route or its interface on $host"
    fi
  done
  echo "both daemons ended and left no route and no interface"
}

main() {
  check_prerequisites
  tag=kp$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
  work=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  name=$(awk '/^[ \t]*connections/ { inside = 1; sub(/.*connections[ \t]*[{]?/, "") }
              inside && match($0, /[A-Za-z0-9_-]+[ \t]*[{]/) { sub(/[ \t]*[{].*/, ""); gsub(/[ \t]/, ""); print; exit }' \
    "$examples/left/swanctl.conf")
  [ -n "$name" ] || die "no connection in $examples/left/swanctl.conf"

  step "two hosts: left ${outer[left]} with ${inner[left]}/24 behind it, right ${outer[right]} with ${inner[right]}/24"
  make_hosts
  step "keypactd in each, with examples/site-to-site-psk/"
  start_daemon left
  start_daemon right
  keypact left version
  start_capture
  step "keypact up $name"
  keypact left up "$name" --timeout 20 || die "the tunnel did not come up"
  step "ping through the tunnel"
  ping_both_ways
  step "a file of 5 MB by TCP through the tunnel"
  move_file
  step "keypact status on left"
  keypact left status
  step "keypact status on right"
  keypact right status
  step "keypact status $name on right: all about one connection"
  keypact right status "$name"
  step "what crossed the wire meanwhile"
  check_wire
  step "keypact down $name"
  take_down
  printf '\nAll as it should be.\n'
}

main "$@"
