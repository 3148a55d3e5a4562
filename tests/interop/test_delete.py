"""Deletion of Child SAs and IKE SAs by either end, further Child SAs, and an end that vanishes."""
from case import PairCase
from lab import wait_for


def second_child(esp=None):
    """Changes a configuration so that the connection has another child for IPv6."""
    def edit(configuration):
        children = configuration["connections"]["tunnel"]["children"]
        left_first = children["net"]["local_ts"] == ["10.1.0.0/24"]
        ours, theirs = ("fd00:1::/64", "fd00:2::/64") if left_first else ("fd00:2::/64", "fd00:1::/64")
        children["more"] = {"local_ts": ours, "remote_ts": theirs, "esp_proposals": esp, "mode": "tunnel"}
    return edit


class Delete(PairCase):

    def delete_ike_sa(self, from_initiator):
        self.configure()
        self.bring_up()
        self.assertTrue((self.initiator if from_initiator else self.responder).down().ok)
        self.expect_gone()
        self.bring_up()
        self.expect_data(size=20_000)

    def test_ike_sa_by_the_initiator(self):
        self.delete_ike_sa(True)

    def test_ike_sa_by_the_responder(self):
        self.delete_ike_sa(False)

    def delete_child_sa(self, from_initiator):
        self.configure()
        self.bring_up()
        outcome = (self.initiator if from_initiator else self.responder).terminate(child="net")
        self.assertTrue(outcome.ok, outcome.text)
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: not d.installed(), f"no Child SA on {daemon.host.side}")
            self.assertEqual(len(daemon.established()), 1)
        self.bring_up()                 # a Child SA by CREATE_CHILD_SA in the IKE SA that stayed
        self.expect_data(size=20_000)

    def test_child_sa_by_the_initiator(self):
        self.delete_child_sa(True)

    def test_child_sa_by_the_responder(self):
        self.delete_child_sa(False)

    def further_child(self, esp):
        self.configure(both=second_child(esp))
        self.bring_up("net")
        self.bring_up("more")
        self.expect_data(inner=(4, 6), size=20_000)
        for daemon in (self.initiator, self.responder):
            self.assertEqual(len(daemon.installed()), 2)
        self.assertTrue(self.responder.terminate(child="net").ok)
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: not d.installed("net"), f"net is gone on {daemon.host.side}")
            self.assertEqual(len(daemon.installed("more")), 1)
        self.expect_data(inner=(6,), size=20_000)
        return next(d for d in (self.initiator, self.responder) if d.speaks_vici).installed("more")[0]

    def test_further_child_sa_without_pfs(self):
        self.skip_if_unable(self.responder, "further child without a group")
        self.assertNotIn("dh-group", self.further_child("aes128gcm16"))

    def test_further_child_sa_with_pfs(self):
        self.assertEqual(self.further_child("aes128gcm16-ecp256").get("dh-group"), "ECP_256")

    def test_responder_brings_up_the_further_child(self):
        self.configure(both=second_child())
        self.bring_up("net")
        self.assertTrue(self.responder.initiate("more").ok)
        wait_for(lambda: self.initiator.installed("more"), "the initiator has it too")
        self.assertEqual(len(self.initiator.established()), 1)
        self.expect_data(inner=(4, 6), size=20_000)

    def test_restarted_initiator_replaces_its_old_sa(self):
        self.configure()
        self.bring_up()
        self.initiator.kill()
        self.initiator.start()
        self.configure()
        self.bring_up()                 # INITIAL_CONTACT: exactly one IKE SA on the responder
        self.expect_data(size=20_000)

    def test_orderly_end_deletes_the_sa_at_the_peer(self):
        self.configure()
        self.bring_up()
        self.assertEqual(self.initiator.stop(), 0)
        self.expect_gone(self.responder)
