#!/bin/sh
# Process 1 of the guest that run.py starts, first on the host's root, read-only, then on a root of its own above that.
# `guest`, from the kernel's command line, is the directory in which run.py says what is to be done and gets the status.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
guest=${guest:?}

power_off() {
  echo o > /proc/sysrq-trigger
  while :; do sleep 5; done
}

fail() {
  echo "init: $*"
  power_off
}

# A layer needs a mount of its own: overlayfs refuses one that lies within another.
make_root() {
  mount -t tmpfs -o mode=755 tmpfs /mnt || fail "no memory for the root"
  mkdir /mnt/upper /mnt/work /mnt/root
  lower=/ number=0
  while read -r layer; do
    number=$((number + 1))
    mkdir "/mnt/layer$number"
    mount -t hostfs none "/mnt/layer$number" -o "$layer" || fail "no layer $layer"
    lower=/mnt/layer$number:$lower
  done < "$guest/layers"
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root || fail "no overlay"
}

# What every root needs, in the current directory.
furnish_root() {
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t devtmpfs devtmpfs dev
  ln -sfn /proc/self/fd dev/fd
  mkdir -p dev/pts dev/shm dev/net
  [ -e dev/net/tun ] || mknod dev/net/tun c 10 200
  mount -t devpts devpts dev/pts
  for place in dev/shm run tmp; do mount -t tmpfs -o mode=1777 tmpfs $place; done
  chmod 755 run
  mkdir -p run/lock run/netns ".$guest"
  mount -t hostfs none ".$guest" -o "$guest" || fail "no $guest"
  while read -r place; do
    mkdir -p ".$place"
    mount -t hostfs none ".$place" -o "$place" || fail "no $place"
  done < "$guest/mounts"
}

# Debian keeps the modules of its package where modprobe does not look.
find_modules() {
  modules=/usr/lib/uml/modules/$(uname -r)
  [ -d "$modules" ] || return
  mkdir -p lib/modules
  ln -sfn "$modules" "lib/modules/$(uname -r)"
}

# Each stream goes through a pipe, since a terminal would change it, and what a program does may depend on it. A process that
# the command leaves behind may hold the pipe: then it is waited for a little.
run_command() {
  mkfifo /run/out /run/err
  stty -F /dev/tty1 raw -echo
  stty -F /dev/tty2 raw -echo
  cat /run/out > /dev/tty1 & out=$!
  cat /run/err > /dev/tty2 & err=$!
  (
    # shellcheck source=/dev/null
    . "$guest/environment"
    unset guest stage
    # shellcheck source=/dev/null
    . "$1"
  ) < /dev/null > /run/out 2> /run/err
  status=$?
  left=20
  while [ $left -gt 0 ] && { kill -0 $out || kill -0 $err; } 2> /dev/null; do
    sleep 0.1
    left=$((left - 1))
  done
}

if [ "${stage:-}" != 2 ]; then
  mount -t proc proc /proc
  overlay=/usr/lib/uml/modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko
  grep -qw overlay /proc/filesystems || insmod "$overlay" || fail "no overlayfs"
  make_root
  cd /mnt/root || fail "no root"
  furnish_root
  find_modules
  mkdir -p mnt/old
  pivot_root . mnt/old
  # shellcheck disable=SC2094   # the console is no file
  stage=2 exec chroot . "$guest/init" < dev/console > dev/console 2>&1
fi

ip link set lo up
echo 1 > /proc/sys/net/core/fb_tunnels_only_for_init_net      # else every namespace begins with tunl0, sit0, ip6tnl0 ...
echo guest > /proc/sys/kernel/hostname
[ ! -d /sys/fs/cgroup ] || mount -t cgroup2 none /sys/fs/cgroup
[ ! -d /sys/kernel/debug ] || mount -t debugfs none /sys/kernel/debug
[ ! -d "/lib/modules/$(uname -r)" ] || modprobe ipv6
run_command "$guest/command"
echo $status > "$guest/status.new"
mv "$guest/status.new" "$guest/status"
power_off
