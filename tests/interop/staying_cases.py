"""Tunnels that come up and come back by themselves: traps whose first packet gets through, close_action after the peer's delete, and
dpd_action after the peer was killed. For pairs of any two daemons; what stays up is the initiator."""
import copy
import socket
import time

from case import PairCase, site
from lab import MARKER, wait_for

SILENCE = 5                             # seconds after which a silent peer counts as gone


class Staying(PairCase):

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            if daemon.kind == "keypact":
                daemon.options["--give-up-after"] = SILENCE

    def needs_traps(self):
        if self.initiator.kind == "strongswan":
            self.skipTest("charon's ESP in user space has no traps")
        if self.initiator.kind != "keypact":
            self.skipTest("a trap concerns its owner alone, and here that is not keypactd")

    @staticmethod
    def with_actions(**actions):
        def change(configuration):
            tunnel = configuration["connections"]["tunnel"]
            tunnel["dpd_delay"] = "1s"
            tunnel["children"]["net"].update(actions)
        return change

    def load_one(self, daemon, change=None):
        wanted = copy.deepcopy(site(daemon.host, self.lab.peer_of(daemon.host)))
        if change:
            change(wanted)
        daemon.configure(wanted)

    def wait_until_up(self, seconds=20):
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.established()) == 1 and len(d.installed("net")) == 1,
                     f"the tunnel on {daemon.host.side}", seconds, 0.1)

    def expect_first_ping_answered(self, wait=5):
        self.assertEqual(self.left.ping(self.left.inner4, self.right.inner4, count=1, wait=wait), 1, "the first packet")

    # Traps.

    def test_the_only_packet_through_a_trap_arrives(self):
        self.needs_traps()
        self.configure(initiator=self.with_actions(start_action="trap"))
        with self.left.socket(self.left.inner4, socket.SOCK_DGRAM) as sender, \
                self.right.socket(self.right.inner4, socket.SOCK_DGRAM) as receiver:
            receiver.bind((self.right.inner4, 9000))
            receiver.settimeout(10)
            sender.bind((self.left.inner4, 0))
            sender.sendto(MARKER, (self.right.inner4, 9000))
            self.assertEqual(receiver.recv(2000), MARKER)
        self.wait_until_up()

    def test_the_first_ping_through_a_trap_is_answered(self):
        self.needs_traps()
        self.configure(initiator=self.with_actions(start_action="trap"), family=6, inner=(4, 6))
        self.assertEqual(self.left.ping(self.left.inner6, self.right.inner6, count=1, wait=5), 1)
        self.wait_until_up()
        self.assertTrue(self.responder.down().ok)
        self.expect_gone()
        self.expect_first_ping_answered()   # the trap is still there

    # The peer deletes.

    def close(self, action):
        """The IKE SA comes up and is deleted by the responder."""
        self.configure(initiator=self.with_actions(close_action=action))
        self.bring_up()
        before = self.initiator.established()[0]["uniqueid"]
        self.assertTrue(self.responder.terminate(ike="tunnel").ok)
        wait_for(lambda: before not in [sa["uniqueid"] for sa in self.initiator.established()], "the IKE SA is gone")

    def test_close_action_start(self):
        self.close("start")
        self.wait_until_up()
        self.expect_data(size=20_000)

    def test_close_action_trap(self):
        self.needs_traps()
        self.close("trap")
        time.sleep(0.5)
        self.expect_nothing_installed()
        self.expect_first_ping_answered()

    def test_close_action_none(self):
        self.close("none")
        self.left.ping(self.left.inner4, self.right.inner4, count=2, wait=1)
        self.expect_nothing_installed()

    # The peer is killed.

    def lose(self, action):
        """The responder is killed, and the initiator notices; a responder that runs again is what remains."""
        change = self.with_actions(dpd_action=action)
        self.configure(initiator=change)
        self.bring_up()
        before = self.initiator.established()[0]["uniqueid"]
        self.responder.kill()
        wait_for(lambda: before not in [sa["uniqueid"] for sa in self.initiator.established()], "its death is noticed", 30, 0.1)
        if self.responder.kind == "keypact" and self.responder.backend == "kernel":
            self.right.ip("xfrm", "state", "flush")     # as a reboot does; else it would set the tunnel up again
        self.responder.start()
        self.load_one(self.responder)

    def test_dpd_action_start(self):
        self.lose("start")
        self.wait_until_up(40)
        self.expect_data(size=20_000)

    def test_dpd_action_trap(self):
        self.needs_traps()
        self.lose("trap")
        time.sleep(0.5)
        self.expect_nothing_installed()
        self.expect_first_ping_answered()

    def test_dpd_action_none(self):
        self.lose("none")
        self.left.ping(self.left.inner4, self.right.inner4, count=2, wait=1)
        self.expect_nothing_installed()
