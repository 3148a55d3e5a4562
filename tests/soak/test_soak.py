"""Hours of rekeying at real lifetimes under a ping: nothing is lost, one pair of SAs is left at both ends, and keypactd has not grown.
For a guest whose time is simulated (run.py --guest --time-travel); KEYPACT_SOAK_HOURS says how many hours `soak.long` takes."""
import os
import pathlib
import re
import socket
import struct
import sys
import time

import kernel_esp
from lab import MARKER, LabError, wait_for
from steady import SteadyCase

HOUR = 3600
SETTLED = 2                             # hours after which keypactd is as big as it gets ...
GROWTH_KB = 512                         # ... but for this

# What a daemon says when something went wrong, and what of that is no fault.
WRONG = re.compile(r"\b(errors?|fail(ed|s|ure)?|unable|cannot|invalid|unexpected|mismatch|retransmi\w+|giving up|timed? ?out|expectation"
                   r"|malformed|discard\w*|ignor\w*|reject\w*|refus\w*|warn\w*|abort\w*|critical|overrun)\b", re.I)


class Echo:
    """Pings from one host to the other, one at a time. ping(8) spins on the clock before it sends, and in simulated time that stands still."""

    def __init__(self, source, target):
        with source.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        source.lab.closers.append(self.socket.close)
        self.socket.bind((source.inner4, 0))
        self.socket.connect((target.inner4, 0))
        self.socket.settimeout(2)
        self.count, self.lost = 0, []

    @staticmethod
    def sum(octets):
        total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
        total = (total & 0xffff) + (total >> 16)
        return 0xffff & ~(total + (total >> 16))

    def ping(self):
        self.count += 1
        body = struct.pack("!HH", os.getpid() & 0xffff, self.count & 0xffff) + MARKER[:44]
        self.socket.send(struct.pack("!BBH", 8, 0, self.sum(struct.pack("!BBH", 8, 0, 0) + body)) + body)
        try:
            while self.socket.recv(1500)[24:] != body:
                pass
        except OSError:
            self.lost.append(self.count)


def child_policies(host, peer):
    return sorted([(host.net4, peer.net4, "out"), (peer.net4, host.net4, "in"), (peer.net4, host.net4, "fwd")])


class Soak(SteadyCase):

    keeps_pair = False

    def keypact(self):
        return self.keypact_or_skip()

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.keypact().process.popen.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def complaints(self):
        """The lines of all logs that tell of something wrong, since the tunnel is up."""
        return [f"{daemon.kind}: {line}" for daemon in self.daemons() for line in daemon.log_since_mark().splitlines()
                if WRONG.search(line) and not any(fine in line for fine in daemon.harmless)]

    def soak(self, hours, ike_time, child_time, interval):
        """Each end rekeys after such times, less up to a tenth; both are minutes."""
        def lifetimes(wanted):
            tunnel = wanted["connections"]["tunnel"]
            tunnel.update(rekey_time=f"{ike_time}m", over_time=f"{ike_time // 10}m")
            tunnel["children"]["net"].update(rekey_time=f"{child_time}m", life_time=f"{child_time * 11 // 10}m")
        self.configure(both=lifetimes)
        self.bring_up()
        for daemon in self.daemons():
            daemon.set_mark()
        echo = Echo(self.left, self.right)
        ike_sas, child_sas, sizes = set(), set(), []
        begun = time.monotonic()
        for minute in range(1, hours * 60 + 1):
            while time.monotonic() < begun + minute * 60:
                echo.ping()
                time.sleep(interval)
            for sa in self.keypact().sas():
                ike_sas.add(sa["initiator-spi"])
                child_sas.update(child["spi-in"] for child in sa["children"])
            if not all(daemon.alive() for daemon in self.daemons()):
                raise LabError(f"a daemon ended in minute {minute}")
            if minute % 60 == 0:
                sizes.append(self.memory_kb())
                print(f"hour {minute // 60}: {len(ike_sas)} IKE SAs and {len(child_sas)} Child SAs so far, keypactd has {sizes[-1]} kB",
                      file=sys.stderr, flush=True)
        count, lost = echo.count, echo.lost
        self.expect_one_of_each()
        by_peer = self.begun_by_the_peer()
        rekeyed = len(ike_sas) + len(child_sas) - 2
        print(f"{hours} h: {count} pings, {len(lost)} lost; {len(ike_sas) - 1} rekeyings of the IKE SA, {len(child_sas) - 1} of "
              f"the Child SA, {by_peer} of all begun by the peer; keypactd after hour {SETTLED} {sizes[SETTLED - 1]} kB, at the end "
              f"{sizes[-1]} kB", file=sys.stderr, flush=True)
        self.assertEqual(lost, [], f"lost of {count} pings")
        self.assertEqual(self.complaints(), [])
        self.assertGreaterEqual(count, hours * HOUR / interval * 0.9)
        # Each lifetime is at most what is configured; that of the Child SA goes on when the IKE SA is rekeyed.
        self.assertGreaterEqual(len(ike_sas) - 1, hours * 60 // ike_time)
        self.assertGreaterEqual(len(child_sas) - 1, hours * 60 // child_time)
        self.assertTrue(0 < by_peer < rekeyed, f"{by_peer} of {rekeyed} rekeyings begun by the peer: each end was to begin some")
        self.assertLessEqual(sizes[-1], sizes[SETTLED - 1] + GROWTH_KB, f"keypactd grew: kB after each hour: {sizes}")
        self.expect_one_pair_in_the_kernels()
        self.expect_data()

    def begun_by_the_peer(self):
        (peer,) = (daemon for daemon in self.daemons() if daemon is not self.keypact())
        return len(re.findall(peer.begins_rekeying, peer.log_since_mark()))

    def expect_one_pair_in_the_kernels(self):
        """What was replaced a moment ago may stay for what is still on its way."""
        for daemon in self.daemons():
            host = daemon.host
            (child,) = daemon.installed()
            wanted = sorted([child["spi-in"], child["spi-out"]])
            wait_for(lambda h=host, w=wanted: sorted(state["spi"] for state in kernel_esp.states(h)) == w,
                     f"one pair of SAs in the kernel on {host.side}", 30, 1)
            self.assertEqual(sorted((policy["src"], policy["dst"], policy["dir"]) for policy in kernel_esp.policies(host)),
                             child_policies(host, self.lab.peer_of(host)), host.side)

    def test_long(self):
        """swanctl's own lifetimes: 4 h for the IKE SA, 1 h for the Child SA."""
        self.soak(int(os.environ.get("KEYPACT_SOAK_HOURS", "24")), 240, 60, 1)

    def test_short(self):
        self.soak(SETTLED + 1, 40, 10, 5)
