"""A test case of two daemons: an initiator on the left and a responder on the right, each of the kind (kinds.py) asked for.
KEYPACT_INITIATOR and KEYPACT_RESPONDER name the kinds; run.py sets them."""
import contextlib
import copy
import ipaddress
import os
import unittest

from capture import Capture, census
from kept import Keeper, Pair
from kinds import KINDS
from lab import Lab, transfer, wait_for
from settings import PSK, render, site

IN_GUEST = "KEYPACT_IN_GUEST" in os.environ     # tests/guest/run.py sets it: slow system calls, one core, ESP in the kernel

keeper = Keeper()

__all__ = ["IN_GUEST", "PSK", "PairCase", "keeper", "render", "site"]


class PairCase(unittest.TestCase):
    """Each test has hosts, daemons and a configuration of its own; self.initiator and self.responder are running."""

    keeps_pair = True                   # in the guest, for the next case; False where one changes what others would see
    initiator_kind = os.environ.get("KEYPACT_INITIATOR", "keypact")
    responder_kind = os.environ.get("KEYPACT_RESPONDER", "strongswan")

    def setUp(self):
        kinds = KINDS[self.initiator_kind], KINDS[self.responder_kind]
        if any(kind.needs_kernel_esp for kind in kinds) and not IN_GUEST:
            self.skipTest("needs ESP in the kernel: run.py --guest")
        self.pair = keeper.take(self.key()) if self.may_be_kept() else None
        if self.pair:
            self.lab, self.initiator, self.responder = self.pair.lab, self.pair.initiator, self.pair.responder
        else:
            self.lab = self.make_lab()
            self.initiator, self.responder = kinds[0](self.lab.left), kinds[1](self.lab.right)
        self.left, self.right = self.lab.left, self.lab.right
        for daemon in self.daemons():
            daemon.set_mark()
        if not self.pair:
            self.start_pair()

    def daemons(self):
        return self.initiator, self.responder

    def start_pair(self):
        self.addCleanup(self.close_unless_kept)
        self.prepare()
        self.initiator.start()
        self.responder.start()
        self.pair = Pair(self.key(), self.lab, self.initiator, self.responder)

    def key(self):
        """Cases with the same one can have the same pair."""
        return type(self).make_lab, type(self).prepare, self.initiator_kind, self.responder_kind

    def may_be_kept(self):
        return IN_GUEST and self.keeps_pair

    def close_unless_kept(self):
        if keeper.pair is not self.pair:
            self.lab.close()

    def make_lab(self):
        return Lab()

    def prepare(self):
        """Overridden to change the daemons before they start."""

    def tearDown(self):
        if self.may_be_kept() and self._outcome.success and self.pair.put_to_rest():
            keeper.keep(self.pair)
        else:
            self.assertEqual(self.pair.end(), [], self.lab.logs())

    def keypact_or_skip(self):
        """The daemon of the pair that is keypactd."""
        for daemon in self.daemons():
            if daemon.kind == "keypact":
                return daemon
        self.skipTest("needs keypactd on one side")

    def skip_if_unable(self, daemon, what):
        if reason := daemon.unable(what):
            self.skipTest(reason)

    def vici_or_skip(self, *daemons):
        for daemon in daemons:
            if not daemon.speaks_vici:
                self.skipTest(f"needs vici of {daemon.kind}")

    # Steps that tests are made of.

    def lead_everything_to_the_peer(self):
        """Default routes, so that what is not protected would get there."""
        for host in (self.left, self.right):
            host.lead_everything_to_the_peer()

    def configure(self, both=None, initiator=None, responder=None, **site_options):
        """Loads site() into both ends; the functions change the nested dicts of both or one end before."""
        for daemon in self.daemons():
            site_options["esp"] = daemon.esp_like(site_options.get("esp"))
        for daemon, change in ((self.responder, responder), (self.initiator, initiator)):
            host = daemon.host
            wanted = copy.deepcopy(site(host, self.lab.peer_of(host), **site_options))
            for edit in (both, change):
                if edit:
                    edit(wanted)
            daemon.configure(wanted)

    def bring_up(self, child="net", count=1):
        outcome = self.initiator.up(child)
        self.assertTrue(outcome.ok, f"the tunnel did not come up:\n{outcome.text}")
        for daemon in self.daemons():
            wait_for(lambda d=daemon: len(d.installed(child)) == count, f"Child SA {child} on {daemon.host.side}")
            self.assertEqual(len(daemon.established()), 1)

    def tunnel(self, daemon):
        """The SPIs of the IKE SA and of the Child SA (from the left) that are in use; nothing while anything is on the move."""
        sas = daemon.sas()
        current = [sa for sa in sas if sa["state"] == "ESTABLISHED"]
        children = [child for sa in sas for child in sa["children"] if child["state"] == "INSTALLED"]
        moving = [child for sa in sas for child in sa["children"] if child["state"] not in ("INSTALLED", "DELETED")]
        others = [sa for sa in sas if sa["state"] != "REKEYED"]     # that one is the peer's to delete
        if len(others) != 1 or len(current) != 1 or len(children) != 1 or moving:
            return None
        spis = children[0]["spi-in"], children[0]["spi-out"]
        ike = None if "initiator-spi" in daemon.untold else current[0]["initiator-spi"] + current[0]["responder-spi"]
        return ike, spis if daemon.host is self.left else spis[::-1]

    def agreed(self):
        ours, theirs = (self.tunnel(daemon) for daemon in self.daemons())
        if not ours or not theirs or ours[1] != theirs[1]:
            return None
        if None in (ours[0], theirs[0]):
            return ours[0] or theirs[0], ours[1]
        return ours if ours == theirs else None

    def is_new(self, what, before):
        after = self.agreed()
        return after if after and (after[0] != before[0] if what == "ike" else after[1] != before[1]) else None

    def expect_rekeying(self, daemon, what):
        """It rekeys the "child" or the "ike" SA, and both ends are done with it: charon answers before it begins."""
        before = wait_for(self.agreed, "nothing of the tunnel is on the move")
        outcome = daemon.rekey(what)
        self.assertTrue(outcome.ok, outcome.text)
        wait_for(lambda: self.is_new(what, before), f"{daemon.host.side} has rekeyed the {what} SA", 20)

    def expect_rekeyings(self, *daemons):
        for daemon in daemons:
            for what in ("ike", "child"):
                self.expect_rekeying(daemon, what)
                self.expect_data(size=2_000)

    def expect_data(self, inner=(4,), size=200_000):
        """Pings and a file in both directions."""
        for family in inner:
            for source, target in ((self.left, self.right), (self.right, self.left)):
                answered = source.ping(source.inner(family), target.inner(family))
                self.assertGreaterEqual(answered, 1, f"IPv{family} ping from {source.side}")
                transfer(source, target, family, size)

    def expect_counted(self):
        """Both ends have counted packets in both directions."""
        for daemon in self.daemons():
            (child,) = daemon.installed()
            for key in ("packets-in", "packets-out", "bytes-in", "bytes-out"):
                self.assertGreater(int(child[key]), 0, f"{key} on {daemon.host.side}")

    def expect_same(self, ours, theirs, *keys):
        """Both ends say the same of their IKE SA, as far as they tell."""
        for key in set(keys) - self.initiator.untold - self.responder.untold:
            self.assertEqual(ours.get(key), theirs.get(key), f"IKE SA: {key}")

    def expect_nothing_installed(self):
        for daemon in self.daemons():
            self.assertEqual(daemon.installed(), [], f"Child SA on {daemon.host.side}")

    def expect_gone(self, *daemons):
        for daemon in daemons or self.daemons():
            wait_for(lambda d=daemon: not d.sas(), f"no SA left on {daemon.host.side}")

    @contextlib.contextmanager
    def clean_wire(self, inner=(4,)):
        """Captures meanwhile; nothing but IKE and ESP may cross the wire, and no inner address or data in clear."""
        captures = self.captures()
        yield captures[0]
        for capture in captures:
            capture.stop()
            counts, complaints = census(capture.frames(), self.inner_octets(inner))
            self.assertEqual(complaints, [])
            self.assertGreater(counts.get("ESP", 0), 0, "the capture has no ESP")

    def captures(self):
        """One where ESP is done in user space, which sees both directions; else what goes out at either end."""
        for daemon in self.daemons():
            if not daemon.needs_kernel_esp:
                return [Capture(daemon.host)]
        return [Capture(host, outgoing=True) for host in (self.left, self.right)]

    def inner_octets(self, inner=(4, 6)):
        return [ipaddress.ip_address(host.inner(f)).packed for f in inner for host in (self.left, self.right)]
