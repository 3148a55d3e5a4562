"""keypactd with several engines at each end: each datagram finds the engine of its IKE SA, and control sees all of them as one."""
import copy

from case import PairCase, render, site
from lab import wait_for


class Engines(PairCase):

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            daemon.options["--engines"] = 2

    def test_a_tunnel_carries_data_is_rekeyed_and_goes(self):
        self.configure()
        with self.clean_wire():
            self.bring_up()
            self.expect_data()
        self.expect_counted()
        for daemon, what in ((self.initiator, {"ike": "tunnel"}), (self.responder, {"ike": "tunnel"}),
                             (self.initiator, {"child": "net"}), (self.responder, {"child": "net"})):
            before = self.ids(daemon)
            answer, _ = daemon.request("rekey", what)
            self.assertEqual(answer.get("success"), "yes")
            wait_for(lambda d=daemon, b=before: self.ids(d) != b and len(d.installed("net")) == 1, "the rekeying")
        self.expect_data()
        self.assertTrue(self.responder.down().ok)
        self.expect_gone()

    def ids(self, daemon):
        """The numbers of the IKE SA and of its Child SA."""
        return [(sa["uniqueid"], [child["uniqueid"] for child in sa["children"] if child["state"] == "INSTALLED"])
                for sa in daemon.established()]

    def test_encapsulated_esp_finds_the_data_plane(self):
        def force(configuration):
            configuration["connections"]["tunnel"]["encap"] = "yes"
        self.configure(both=force)
        self.bring_up()
        self.expect_data()

    def test_ipv6(self):
        self.configure(family=6, inner=(4, 6))
        self.bring_up()
        self.expect_data((4, 6))

    def test_the_first_packet_of_a_trap_brings_the_tunnel_up(self):
        def trap(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["start_action"] = "trap"
        self.configure(initiator=trap)
        self.assertEqual(self.left.ping(self.left.inner(4), self.right.inner(4), count=1, wait=5), 1, "the first packet")
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.installed("net")) == 1, f"Child SA on {daemon.host.side}")
        self.expect_data()

    def test_both_ends_at_once_end_with_one_tunnel(self):
        def start(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["start_action"] = "start"
        for daemon in (self.responder, self.initiator):
            wanted = copy.deepcopy(site(daemon.host, self.lab.peer_of(daemon.host)))
            start(wanted)
            daemon.load(render(wanted))
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.established()) == 1 and len(d.installed("net")) == 1, "one tunnel", 20)
        self.expect_data()
