"""What a connection asks for beside the tunnel itself: IKE SAs without a Child SA (RFC 6023), how many IKE SAs one peer may have, Child
SAs that end when nobody uses them, and how often an initiation is tried."""
import contextlib
import time

from case import PairCase
from lab import wait_for

OTHER = "192.0.2.9"                     # of the left host


def tunnel(**settings):
    def change(configuration):
        configuration["connections"]["tunnel"].update(settings)
    return change


class Wishes(PairCase):

    def ike_alone(self):
        """The initiator sets up the IKE SA and nothing else."""
        response, _ = self.initiator.request("initiate", {"ike": "tunnel", "timeout": 10000}, "control-log")
        return response.get("success") == "yes"

    def expect_both_have(self, ike_sas, child_sas):
        def counts():
            return [(len(d.established()), len(d.installed())) for d in (self.initiator, self.responder)]
        wait_for(lambda: counts() == [(ike_sas, child_sas)] * 2, f"{ike_sas} IKE SAs and {child_sas} Child SAs")

    # RFC 6023

    def expect_refusal(self):
        self.assertFalse(self.initiator.up(timeout=6).ok)
        self.expect_nothing_installed()
        # After a refusal in IKE_AUTH charon sometimes hangs when it is to end.
        if self.initiator.kind == "strongswan":
            self.initiator.kill()

    def needs_prefer(self):
        if self.initiator.kind != "keypact":
            self.skipTest("charon 5.9.8 has no childless = prefer")

    def test_an_ike_sa_without_child_sa(self):
        self.configure(both=tunnel(childless="force"))
        self.assertTrue(self.ike_alone())
        self.expect_both_have(1, 0)
        self.bring_up()                 # by CREATE_CHILD_SA
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()

    def test_who_prefers_it_creates_the_child_sa_afterwards(self):
        self.needs_prefer()
        self.configure(initiator=tunnel(childless="prefer"))
        self.bring_up()
        self.expect_data(size=20_000)

    def test_who_prefers_it_does_without_where_the_peer_never_does_so(self):
        self.needs_prefer()
        self.configure(initiator=tunnel(childless="prefer"), responder=tunnel(childless="never"))
        self.bring_up()
        self.expect_data(size=20_000)

    def test_who_forces_it_does_not_go_on_where_the_peer_never_does_so(self):
        self.configure(initiator=tunnel(childless="force"), responder=tunnel(childless="never"))
        self.expect_refusal()

    def test_a_responder_that_forces_it_takes_no_child_sa_in_ike_auth(self):
        self.configure(initiator=tunnel(childless="never"), responder=tunnel(childless="force"))
        self.expect_refusal()

    # unique, as responder: the same client comes from two addresses.

    def two_clients(self, policy):
        """The initiator sets up one IKE SA from each of its addresses; INITIAL_CONTACT is not said. The remote addresses of those
        that the responder has then."""
        self.left.ip("addr", "add", f"{OTHER}/24", "dev", "wire")

        def both_addresses(configuration):
            first = configuration["connections"]["tunnel"]
            first.update(unique="never", local_addrs=self.left.v4)
            second = dict(first, local_addrs=OTHER, children={"more": dict(first["children"]["net"], local_ts=[f"{self.left.net4}"])})
            configuration["connections"]["second"] = second

        def any_client(configuration):
            configuration["connections"]["tunnel"].update(unique=policy, remote_addrs="%any")
        self.configure(initiator=both_addresses, responder=any_client)
        self.bring_up()
        self.came_up = self.initiator.up("more", timeout=6).ok
        time.sleep(0.5)
        return sorted(sa["remote-host"] for sa in self.responder.established())

    def test_unique_no_and_never(self):
        for policy in ("no", "never"):
            with self.subTest(policy=policy):
                self.assertEqual(self.two_clients(policy), [self.left.v4, OTHER])
            self.responder.terminate(ike="tunnel")
            self.expect_gone()
            self.left.ip("addr", "del", f"{OTHER}/24", "dev", "wire")

    def test_unique_replace(self):
        self.assertEqual(self.two_clients("replace"), [OTHER])
        wait_for(lambda: [sa["local-host"] for sa in self.initiator.established()] == [OTHER], "the client was told")

    def test_unique_keep(self):
        self.assertEqual(self.two_clients("keep"), [self.left.v4])
        self.assertFalse(self.came_up)

    # inactivity

    def test_a_child_sa_that_nobody_uses_ends(self):
        def idle(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["inactivity"] = "2s"
        self.configure(initiator=idle)
        self.bring_up()
        began = time.monotonic()
        while time.monotonic() < began + 4:
            self.assertEqual(self.left.ping(self.left.inner4, self.right.inner4, count=1), 1)
            time.sleep(0.4)
        self.expect_both_have(1, 1)
        self.expect_both_have(1, 0)

    # keyingtries

    def test_as_often_as_keyingtries_says(self):
        if self.initiator.kind == "keypact":
            self.initiator.options["--give-up-after"] = 5
        else:
            self.initiator.settings = "retransmit_tries = 1\n  retransmit_timeout = 0.5"
        self.initiator.stop()
        self.initiator.start()
        self.configure(initiator=tunnel(keyingtries=2))
        self.responder.kill()
        began = time.monotonic()
        with contextlib.suppress(AssertionError):
            self.assertFalse(self.initiator.up(timeout=30).ok)
        self.assertLess(time.monotonic() - began, 28, "it gave up")
        self.assertEqual(self.initiator.sas(), [])
        self.responder.start()
