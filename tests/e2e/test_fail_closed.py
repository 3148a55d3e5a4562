"""While the tunnel is down, no packet of a protected policy leaves in clear: before it was ever up, after either end took it
down, and after the peer vanished. Each host has a default route to the other, so that an unprotected packet would get there."""
import contextlib
import socket
import time

from capture import Capture, census
from case import PairCase
from lab import MARKER


class FailClosed(PairCase):

    def setUp(self):
        super().setUp()
        self.lead_everything_to_the_peer()
        self.configure(inner=(4, 6))

    def try_to_send(self):
        """Pings and datagrams towards the other side's inner addresses; how many pings were answered."""
        answered = 0
        for source, target in ((self.left, self.right), (self.right, self.left)):
            for family in (4, 6):
                answered += source.ping(source.inner(family), target.inner(family), count=2, wait=1)
                with source.socket(target.inner(family), socket.SOCK_DGRAM) as sender:
                    sender.bind((source.inner(family), 0))
                    for _ in range(3):
                        with contextlib.suppress(OSError):
                            sender.sendto(MARKER, (target.inner(family), 9000))
        return answered

    def leaks(self):
        """(pings answered, what a capture complains of) while everybody tries to send."""
        capture = Capture(self.left)
        answered = self.try_to_send()
        _, complaints = census(capture.stop().frames(), self.inner_octets())
        return answered, complaints

    def expect_silence(self):
        self.assertEqual(self.leaks(), (0, []))

    def test_the_rig_sees_a_leak_without_a_daemon(self):
        for daemon in (self.initiator, self.responder):
            daemon.stop()
        answered, complaints = self.leaks()
        self.assertGreaterEqual(answered, 4)
        self.assertGreaterEqual(len(complaints), 8)

    def test_before_the_tunnel_is_up(self):
        self.expect_silence()

    def test_while_it_is_up(self):
        with self.clean_wire((4, 6)):
            self.bring_up()
            self.assertEqual(self.try_to_send(), 8)

    def test_after_the_initiator_took_it_down(self):
        self.bring_up()
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        self.expect_silence()

    def test_after_the_responder_took_it_down(self):
        self.bring_up()
        self.assertTrue(self.responder.down().ok)
        self.expect_gone()
        self.expect_silence()

    def test_after_a_child_sa_was_deleted(self):
        self.bring_up()
        self.assertTrue(self.initiator.terminate(child="net").ok)
        self.expect_nothing_installed()
        self.expect_silence()

    def test_during_a_refused_negotiation(self):
        def other_key(configuration):
            configuration["secrets"]["ike-1"]["secret"] = '"something else"'
        self.configure(inner=(4, 6), responder=other_key)
        self.assertFalse(self.initiator.up("net", 5).ok)
        self.expect_silence()

    def test_while_the_configuration_is_loaded_again(self):
        self.bring_up()
        with self.clean_wire((4, 6)):
            for _ in range(3):
                self.configure(inner=(4, 6))
                self.try_to_send()
        self.assertEqual(len(self.initiator.installed()), 1)
