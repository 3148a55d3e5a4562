"""Two hosts on one machine: network namespaces joined by a veth pair, with names of their own for every run.
What a lab made it removes again, also after a failure or a signal; it touches nothing else."""
import atexit
import contextlib
import ctypes
import hashlib
import os
import pathlib
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

MARKER = b"this line must never cross the wire in clear\n"
WIRE = "wire"                       # the interface between the hosts, in both of them
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1


class LabError(Exception):
    """Something of the lab itself failed, or a daemon did not do what a lab needs."""


def run(argv, timeout=30, check=True, **options):
    """Runs a command; its output is text in .stdout (both streams unless told otherwise)."""
    options.setdefault("stderr", subprocess.STDOUT)
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run([str(word) for word in argv], timeout=timeout, stdout=subprocess.PIPE, text=True,
                          errors="replace", **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, argv))}: status {done.returncode}\n{done.stdout}{done.stderr or ''}")
    return done


# To ask costs processes, which begin slowly in a guest.
STEP = 0.1 if "KEYPACT_IN_GUEST" in os.environ else 0.02


def wait_for(condition, what, timeout=10, step=STEP):
    """Waits until condition() is true and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"not within {timeout} s: {what}")
        time.sleep(step)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A process of ours whose output goes to a file; it cannot outlive us."""

    def __init__(self, argv, log_path):
        self.log_path = pathlib.Path(log_path)
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([str(word) for word in argv], stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)

    def alive(self):
        return self.popen.poll() is None

    def stop(self, how=signal.SIGTERM, timeout=10):
        """Ends the process; its exit status (negative: the signal), or None when it had to be killed."""
        if self.alive():
            self.popen.send_signal(how)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)
            return None


class Host:
    """One namespace with its addresses: outer ones on the wire, inner ones on the loopback."""

    def __init__(self, lab, number, side):
        self.lab, self.side = lab, side
        self.namespace = f"{lab.tag}-{side}"
        self.v4, self.v6 = f"192.0.2.{number}", f"2001:db8::{number}"
        self.inner4, self.inner6 = f"10.{number}.0.1", f"fd00:{number}::1"
        self.net4, self.net6 = f"10.{number}.0.0/24", f"fd00:{number}::/64"
        self.wires = [WIRE]
        self.dir = lab.dir / side
        self.dir.mkdir()

    def outer(self, family):
        return self.v6 if family == 6 else self.v4

    def inner(self, family):
        return self.inner6 if family == 6 else self.inner4

    def net(self, family):
        return self.net6 if family == 6 else self.net4

    def exec_prefix(self):
        return ["ip", "netns", "exec", self.namespace]

    def run(self, *argv, **options):
        return run([*self.exec_prefix(), *argv], **options)

    def nft(self, *words):
        """On a guest's kernel without the tables that a case needs the case is skipped."""
        done = self.run("nft", *words, check=False)
        if done.returncode != 0 and "KEYPACT_IN_GUEST" in os.environ and "not supported" in done.stdout:
            raise unittest.SkipTest("this kernel has not the nftables that the case needs")
        if done.returncode != 0:
            raise LabError(f"nft {' '.join(map(str, words))}: {done.stdout}")

    def ip(self, *words):
        return run(["ip", "-n", self.namespace, *words], stderr=subprocess.PIPE).stdout

    @contextlib.contextmanager
    def inside(self):
        """The calling thread is in this namespace for the duration; sockets made in it stay there."""
        with open(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net", "rb") as home, \
                open(f"/run/netns/{self.namespace}", "rb") as here:
            self._enter(here)
            try:
                yield
            finally:
                self._enter(home)

    @staticmethod
    def _enter(namespace):
        if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def socket(self, address, kind):
        with self.inside():
            return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)

    def ip_batch(self, *lines):
        """Several commands of ip(8) by one process."""
        run(["ip", "-n", self.namespace, "-batch", "-"], input="".join(f"{line}\n" for line in lines))

    def lead_everything_to_the_peer(self):
        """Default routes, where there are none, so that what is not protected would get there."""
        for family, gateway in self.lab.ways_out(self):
            if not self.ip(family, "route", "show", "default"):
                self.ip(family, "route", "add", "default", "via", gateway)

    def ping(self, source, target, count=2, size=56, wait=2, options=()):
        """How many of the pings were answered."""
        marker = MARKER[:16].hex()
        done = self.run("ping", "-q", "-n", "-c", count, "-i", "0.05", "-W", wait, "-s", size, "-p", marker,
                        "-I", source, *options, target, check=False, timeout=wait * count + 20)
        for line in done.stdout.splitlines():
            if " received" in line:
                return int(line.split(" received")[0].split()[-1])
        raise LabError(f"ping said: {done.stdout}")


class Lab:
    """left --wire-- right. Use it as a context manager, or call close()."""

    def __init__(self, tag="kp"):
        if os.geteuid() != 0:
            raise LabError("network namespaces need root")
        self.tag = tag + secrets.token_hex(3)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.tag}-"))
        self.closers = []
        self.daemons = []
        atexit.register(self.close)
        self.left, self.right = Host(self, 1, "left"), Host(self, 2, "right")
        try:
            self._join()
        except BaseException:
            self.close()
            raise

    def _join(self):
        left, right = self.left, self.right
        for host in (left, right):
            run(["ip", "netns", "add", host.namespace])
            self.closers.append(lambda name=host.namespace: run(["ip", "netns", "del", name], check=False))
        # One segment a packet: a capture then shows what would be on a real wire.
        left.ip("link", "add", WIRE, "gso_max_segs", "1", "type", "veth",
                "peer", "name", WIRE, "gso_max_segs", "1", "netns", right.namespace)
        for host in (left, right):
            host.ip_batch("link set lo up", f"addr add {host.v4}/24 dev {WIRE}", f"addr add {host.v6}/64 dev {WIRE} nodad",
                          f"addr add {host.inner4}/32 dev lo", f"addr add {host.inner6}/128 dev lo nodad", f"link set {WIRE} up")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def peer_of(self, host):
        return self.right if host is self.left else self.left

    def ways_out(self, host):
        """For each family of ip(8) what leads to the other host and beyond."""
        peer = self.peer_of(host)
        return [("-4", peer.v4), ("-6", peer.v6)]

    def close(self):
        """Stops the daemons and removes namespaces and files. Harmless when repeated."""
        atexit.unregister(self.close)
        for daemon in self.daemons:
            daemon.abandon()
        while self.closers:
            with contextlib.suppress(Exception):
                self.closers.pop()()
        shutil.rmtree(self.dir, ignore_errors=True)

    def logs(self, lines=60):
        """The end of every daemon's log, for the reader of a failure."""
        out = []
        for daemon in self.daemons:
            text = daemon.log_since_mark().splitlines()
            left_out = f", the last {lines} of {len(text)} lines" if len(text) > lines else ""
            out += [f"--- {daemon.kind} on {daemon.host.side}{left_out}", *text[-lines:]]
        return "\n".join(out)


def end_cleanly_on_signals(seconds=None):
    """SIGTERM, SIGINT and SIGHUP, and the end of the given time, become an exception, so that every lab is closed."""
    def leave(number, _frame):
        raise SystemExit(f"ended by {signal.Signals(number).name}")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, leave)
    if seconds:
        signal.alarm(seconds)


def marked_octets(size):
    """Octets of this size that differ everywhere and hold MARKER in every kilobyte."""
    block = secrets.token_bytes(1024 - len(MARKER)) + MARKER
    return b"".join(struct.pack("!I", index) + block[4:] for index in range(size // 1024 + 1))[:size]


def transfer(sender, receiver, family=4, size=200_000, port=40000, timeout=30):
    """Sends a file by TCP between the inner addresses and compares the SHA-256 sums; the seconds it took."""
    data = marked_octets(size)
    result = {}
    target = (receiver.inner(family), port)
    listener = receiver.socket(target[0], socket.SOCK_STREAM)
    with contextlib.closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(timeout)
        listener.bind(target)
        listener.listen(1)

        def receive():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                connection.settimeout(timeout)
                digest = hashlib.sha256()
                with connection:
                    while more := connection.recv(65536):
                        digest.update(more)
                result["digest"] = digest.digest()

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        started = time.monotonic()
        with sender.socket(target[0], socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.bind((sender.inner(family), 0))
            try:
                connection.connect(target)
                connection.sendall(data)
            except OSError as error:
                raise LabError(f"TCP from {sender.side} to {receiver.side}: {error}") from error
        thread.join(timeout)
    if result.get("digest") != hashlib.sha256(data).digest():
        raise LabError(f"the file from {sender.side} to {receiver.side} did not arrive as it was sent")
    return time.monotonic() - started
