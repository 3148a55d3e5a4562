"""Children with mode = pass and mode = drop: what they let pass, in clear and in both directions, beside a tunnel that would take
it; and what they keep in. The tunnel of these tests is from each host's inner network to everything."""
import contextlib
import socket

from capture import Capture, census
from case import PairCase
from lab import MARKER

PORT = 9000


class BypassAndDrop(PairCase):

    def setUp(self):
        super().setUp()
        self.lead_everything_to_the_peer()

    def with_children(self, **children):
        """Adds children by name: (mode, local_ts, remote_ts) as seen from the left; on the right the sides are swapped."""
        def change(side):
            def add(configuration):
                configuration["connections"]["shunts"] = {"children": {
                    name: {"mode": mode, "local_ts": there if side == "right" else here,
                           "remote_ts": here if side == "right" else there}
                    for name, (mode, here, there) in children.items()}}
            return add
        self.configure(inner=(4, 6), initiator=change("left"), responder=change("right"))

    def datagrams(self, family, bound=True):
        """How many of five datagrams from left to right arrive; unbound: the kernel chooses the source address."""
        target = (self.right.inner(family), PORT)
        arrived = 0
        with self.right.socket(target[0], socket.SOCK_DGRAM) as listener, self.left.socket(target[0], socket.SOCK_DGRAM) as sender:
            listener.bind(target)
            listener.settimeout(0.3)
            if bound:
                sender.bind((self.left.inner(family), 0))
            for _ in range(5):
                with contextlib.suppress(OSError):
                    sender.sendto(MARKER, target)
            with contextlib.suppress(OSError):
                while listener.recv(2000):
                    arrived += 1
        return arrived

    def in_clear(self, family, **options):
        """(datagrams that arrived, whether they left in clear). What the kernel decrypts is seen as if it had come so: an answer to
        a packet that was held before may."""
        capture = Capture(self.left, outgoing=True)
        arrived = self.datagrams(family, **options)
        _, complaints = census(capture.stop().frames(), self.inner_octets())
        return arrived, bool(complaints)

    def both_families(self):
        return {family: (self.left.net(family), self.right.net(family)) for family in (4, 6)}

    def test_a_bypass_policy_goes_before_the_tunnel(self):
        nets = self.both_families()
        self.with_children(**{f"lan{f}": ("pass", here, there) for f, (here, there) in nets.items()})
        for family in (4, 6):
            self.left.ping(self.left.outer(family), self.right.outer(family))
            self.assertEqual(self.in_clear(family), (5, True), f"IPv{family}")
            self.assertEqual(self.in_clear(family, bound=False), (5, True), f"IPv{family}, unbound")
        self.assertGreaterEqual(self.right.ping(self.right.inner(4), self.left.inner(4)), 1)

    def test_single_ports_pass_by_the_data_plane(self):
        self.with_children(**{f"lan{f}": ("pass", here, f"{there}[udp/{PORT}]") for f, (here, there) in self.both_families().items()})
        for family in (4, 6):
            self.left.ping(self.left.outer(family), self.right.outer(family))
            self.assertEqual(self.in_clear(family), (5, True), f"IPv{family}")
            self.assertEqual(self.left.ping(self.left.inner(family), self.right.inner(family), wait=1), 0)

    def test_only_the_source_of_the_bypass_policy_passes(self):
        self.with_children(other=("pass", "10.66.0.0/24", self.right.net(4)))
        self.assertEqual(self.in_clear(4), (0, False))
        self.bring_up()
        self.assertEqual(self.in_clear(4), (5, False))

    def test_a_drop_policy_lets_nothing_out_or_in_but_the_tunnel(self):
        self.with_children(stop4=("drop", self.left.net(4), "0.0.0.0/0"), stop6=("drop", self.left.net(6), "::/0"))
        for family in (4, 6):
            self.assertEqual(self.in_clear(family), (0, False))
            self.assertEqual(self.left.ping(self.left.inner(family), self.right.outer(family), wait=1), 0)
        self.bring_up()
        self.expect_data((4, 6), size=20_000)
        self.assertEqual(self.left.ping(self.left.inner(4), self.right.v4, wait=1), 0)

    def test_a_policy_that_changes_its_mode(self):
        nets = {"lan": (self.left.net(4), self.right.net(4))}
        for mode, expected in (("pass", (5, True)), ("drop", (0, False)), ("pass", (5, True))):
            self.with_children(**{name: (mode, here, there) for name, (here, there) in nets.items()})
            self.left.ping(self.left.v4, self.right.v4)
            self.assertEqual(self.in_clear(4), expected, mode)
        self.configure(inner=(4, 6))
        self.assertEqual(self.in_clear(4), (0, False), "without it")

    def test_bypass_rules_of_a_killed_daemon(self):
        self.with_children(lan=("pass", self.left.net(4), self.right.net(4)))
        self.initiator.kill()
        self.initiator.wait_until_its_interface_is_gone()
        self.assertEqual(self.in_clear(4), (5, True), "the policy holds")
        (self.initiator.config / "swanctl.conf").write_text("connections { }\n")
        self.initiator.start()
        self.assertNotIn("goto", self.left.ip("rule"))
        self.assertNotIn("nop", self.left.ip("rule"))

    def test_they_are_listed_and_cannot_be_brought_up(self):
        self.with_children(lan=("pass", self.left.net(4), self.right.net(4)), stop=("drop", "10.66.0.0/24", "0.0.0.0/0"))
        for flag, name in (("pass", "shunts/lan"), ("drop", "shunts/stop"), ("trap", "tunnel/net")):
            _, events = self.initiator.request("list-policies", {flag: "yes"}, "list-policy")
            self.assertEqual([key for event in events for key in event], [name])
        self.assertFalse(self.initiator.up("lan", 5).ok)
