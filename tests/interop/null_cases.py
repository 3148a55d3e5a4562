"""Cases of ends that do not show who they are. RFC 7619."""
from case import PairCase
from lab import wait_for


def of_nobody(*ends):
    def change(configuration):
        for name in ends:
            configuration["connections"]["tunnel"][name] = {"auth": "null"}
    return change


class NullCases(PairCase):

    def setUp(self):
        super().setUp()
        for daemon in (self.initiator, self.responder):
            self.skip_if_unable(daemon, "NULL authentication")

    def test_both_ends_are_nobody(self):
        self.configure(both=of_nobody("local", "remote"))
        self.bring_up()
        self.expect_data(size=20_000)
        self.expect_rekeyings(self.initiator)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def test_nobody_is_refused_where_a_proof_is_wanted(self):
        self.configure(initiator=of_nobody("local", "remote"))
        outcome = self.initiator.up("net", 10)
        self.assertFalse(outcome.ok, outcome.text)
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: not d.installed(), f"nothing is installed on {daemon.host.side}")
        if self.responder.kind == "keypact":
            self.assertIn("AUTHENTICATION_FAILED", self.responder.log_since_mark())
