"""Tunnels that come up and come back without an operator: traps, start actions that keep trying, close and dpd actions."""
import copy

from case import PairCase, render, site
from lab import wait_for


class StayingUp(PairCase):

    def action(self, **actions):
        def change(configuration):
            configuration["connections"]["tunnel"]["children"]["net"].update(actions)
        return change

    def wait_until_up(self, seconds=20):
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.installed("net")) == 1, f"Child SA on {daemon.host.side}", seconds)

    def test_the_first_packet_of_a_trap_brings_the_tunnel_up(self):
        self.configure(initiator=self.action(start_action="trap"))
        self.expect_nothing_installed()
        answered = self.left.ping(self.left.inner(4), self.right.inner(4), count=5, wait=2)
        self.wait_until_up()
        self.assertGreaterEqual(answered, 4)
        self.expect_data()

    def test_a_start_action_goes_on_until_the_peer_is_there(self):
        self.responder.stop()
        self.configure_one(self.initiator, self.action(start_action="start"))
        wait_for(lambda: "IKE_SA_INIT" in self.initiator.log_text(), "an attempt")
        self.responder.start()
        self.configure_one(self.responder)
        self.wait_until_up(30)

    def test_what_the_peer_closed_comes_back(self):
        self.configure(initiator=self.action(close_action="start"))
        self.bring_up()
        before = self.initiator.established()[0]["uniqueid"]
        self.assertTrue(self.responder.terminate(ike="tunnel").ok)
        wait_for(lambda: [sa for sa in self.initiator.established() if sa["uniqueid"] != before], "another IKE SA")
        self.wait_until_up()
        self.expect_data()

    def configure_one(self, daemon, change=None):
        wanted = copy.deepcopy(site(daemon.host, self.lab.peer_of(daemon.host)))
        if change:
            change(wanted)
        daemon.load(render(wanted))
