"""A test case of two daemons: an initiator on the left and a responder on the right, each of the kind asked for.
KEYPACT_INITIATOR and KEYPACT_RESPONDER name the kinds; run.py sets them."""
import contextlib
import copy
import ipaddress
import os
import unittest

from capture import Capture, census
from daemons import KINDS
from lab import Lab, transfer, wait_for

PSK = "correct horse battery staple"


def render(section, indent=""):
    """swanctl.conf for nested dicts; a list becomes a comma-separated value."""
    lines = []
    for key, value in section.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", render(value, indent + "  "), f"{indent}}}"]
        elif value is not None:
            lines.append(f"{indent}{key} = {', '.join(value) if isinstance(value, (list, tuple)) else value}")
    return "\n".join(lines)


def site(host, peer, family=4, inner=(4,), ike=None, esp=None):
    """The configuration of one end of a site-to-site tunnel, as nested dicts to be changed and rendered."""
    return {
        "connections": {"tunnel": {
            "version": 2,
            "local_addrs": host.outer(family),
            "remote_addrs": peer.outer(family),
            "proposals": ike,
            "local": {"auth": "psk", "id": f"{host.side}.example"},
            "remote": {"auth": "psk", "id": f"{peer.side}.example"},
            "children": {"net": {
                "local_ts": [host.net(f) for f in inner],
                "remote_ts": [peer.net(f) for f in inner],
                "esp_proposals": esp,
                "mode": "tunnel"}}}},
        "secrets": {"ike-1": {"id-1": "left.example", "id-2": "right.example", "secret": f'"{PSK}"'}}}


class PairCase(unittest.TestCase):
    """Each test has hosts, daemons and a configuration of its own; self.initiator and self.responder are running."""

    initiator_kind = os.environ.get("KEYPACT_INITIATOR", "keypact")
    responder_kind = os.environ.get("KEYPACT_RESPONDER", "strongswan")

    def setUp(self):
        self.lab = self.make_lab()
        self.addCleanup(self.lab.close)
        self.left, self.right = self.lab.left, self.lab.right
        self.initiator = KINDS[self.initiator_kind](self.left)
        self.responder = KINDS[self.responder_kind](self.right)
        self.prepare()
        self.initiator.start()
        self.responder.start()

    def make_lab(self):
        return Lab()

    def prepare(self):
        """Overridden to change the daemons before they start."""

    def tearDown(self):
        for daemon in (self.initiator, self.responder):
            if daemon.process is None:
                continue
            self.assertTrue(daemon.alive(), f"{daemon.kind} on {daemon.host.side} ended by itself")
            self.assertEqual(daemon.stop(), 0, f"{daemon.kind} on {daemon.host.side} did not end cleanly at SIGTERM")
            self.assertEqual(daemon.leftovers(), [], f"{daemon.kind} left this on {daemon.host.side}")

    def keypact_or_skip(self):
        """The daemon of the pair that is keypactd."""
        for daemon in (self.initiator, self.responder):
            if daemon.kind == "keypact":
                return daemon
        self.skipTest("needs keypactd on one side")

    # Steps that tests are made of.

    def lead_everything_to_the_peer(self):
        """Default routes, so that what is not protected would get there."""
        for host in (self.left, self.right):
            peer = self.lab.peer_of(host)
            host.ip("route", "add", "default", "via", peer.v4)
            host.ip("-6", "route", "add", "default", "via", peer.v6)

    def configure(self, both=None, initiator=None, responder=None, **site_options):
        """Loads site() into both ends; the functions change the nested dicts of both or one end before."""
        for daemon, change in ((self.responder, responder), (self.initiator, initiator)):
            host = daemon.host
            wanted = copy.deepcopy(site(host, self.lab.peer_of(host), **site_options))
            for edit in (both, change):
                if edit:
                    edit(wanted)
            daemon.load(render(wanted))

    def bring_up(self, child="net", count=1):
        outcome = self.initiator.up(child)
        self.assertTrue(outcome.ok, f"the tunnel did not come up:\n{outcome.text}")
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.installed(child)) == count, f"Child SA {child} on {daemon.host.side}")
            self.assertEqual(len(daemon.established()), 1)

    def expect_data(self, inner=(4,), size=200_000):
        """Pings and a file in both directions."""
        for family in inner:
            for source, target in ((self.left, self.right), (self.right, self.left)):
                answered = source.ping(source.inner(family), target.inner(family))
                self.assertGreaterEqual(answered, 1, f"IPv{family} ping from {source.side}")
                transfer(source, target, family, size)

    def expect_counted(self):
        """Both ends have counted packets in both directions."""
        for daemon in (self.initiator, self.responder):
            (child,) = daemon.installed()
            for key in ("packets-in", "packets-out", "bytes-in", "bytes-out"):
                self.assertGreater(int(child[key]), 0, f"{key} on {daemon.host.side}")

    def expect_nothing_installed(self):
        for daemon in (self.initiator, self.responder):
            self.assertEqual(daemon.installed(), [], f"Child SA on {daemon.host.side}")

    def expect_gone(self, *daemons):
        for daemon in daemons or (self.initiator, self.responder):
            wait_for(lambda d=daemon: not d.sas(), f"no SA left on {daemon.host.side}")

    @contextlib.contextmanager
    def clean_wire(self, inner=(4,)):
        """Captures meanwhile; nothing but IKE and ESP may cross the wire, and no inner address or data in clear."""
        capture = Capture(self.left)
        yield capture
        capture.stop()
        counts, complaints = census(capture.frames(), self.inner_octets(inner))
        self.assertEqual(complaints, [])
        self.assertGreater(counts.get("ESP", 0), 0, "the capture has no ESP")

    def inner_octets(self, inner=(4, 6)):
        return [ipaddress.ip_address(host.inner(f)).packed for f in inner for host in (self.left, self.right)]
