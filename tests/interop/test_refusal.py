"""What must fail, fails at both ends, leaves no Child SA at either, and the tool says what it was."""
from case import PSK, PairCase
from daemons import Keypact


def edit(*path_and_value):
    """A change of a configuration: edit("secrets", "ike-1", "secret", "x")."""
    *path, key, value = path_and_value

    def change(configuration):
        section = configuration
        for step in path:
            section = section[step]
        section[key] = value
    return change


CONNECTION = ("connections", "tunnel")
CHILD = (*CONNECTION, "children", "net")


class Refusal(PairCase):

    def expect_refusal(self, *codes, **changes):
        """The initiator fails, says so at once and by one of the codes; nothing is installed, and nothing stays behind."""
        self.configure(**changes)
        self.fail_to_come_up(codes)
        self.expect_nothing_installed()
        # Both are still in order: with the right configuration the same daemons come together.
        for daemon in (self.initiator, self.responder):
            for sa in daemon.sas():
                daemon.terminate(ike_id=sa["uniqueid"], force="yes")
        self.expect_gone()
        self.configure()
        self.bring_up()
        self.expect_data(size=20_000)

    def fail_to_come_up(self, codes, timeout=15):
        if not isinstance(self.initiator, Keypact):
            outcome = self.initiator.up("net", timeout)
            self.assertFalse(outcome.ok, f"the tunnel came up:\n{outcome.text}")
            return
        outcome = self.initiator.up("net", timeout, "--json")
        self.assertEqual(outcome.status, 1, outcome.text)
        verdict = outcome.json()["verdict"]
        self.assertIn(verdict["code"], codes, outcome.text)
        for part in ("what", "phase", "rule", "side", "remedy"):
            self.assertNotEqual(verdict[part], "", part)
        if codes == ("no-proposal-chosen",) or codes == ("selectors-unacceptable",):
            self.assertNotEqual(verdict["ours"], [])

    def test_wrong_key_at_the_initiator(self):
        self.expect_refusal("authentication-failed", initiator=edit("secrets", "ike-1", "secret", '"something else"'))

    def test_wrong_key_at_the_responder(self):
        self.expect_refusal("authentication-failed", responder=edit("secrets", "ike-1", "secret", '"something else"'))

    def test_no_key_for_this_peer_at_the_responder(self):
        self.expect_refusal("authentication-failed",
                            responder=edit("secrets", {"ike-1": {"id": "stranger.example", "secret": '"something"'}}))

    def test_identity_of_the_initiator_is_unknown(self):
        self.expect_refusal("authentication-failed", responder=edit(*CONNECTION, "remote", "id", "somebody.example"))

    def test_responder_has_another_identity_than_expected(self):
        def expect_somebody(configuration):
            configuration["connections"]["tunnel"]["remote"]["id"] = "somebody.example"
            configuration["secrets"] = {"ike-1": {"secret": f'"{PSK}"'}}
        self.expect_refusal("authentication-failed", "peer-identity-mismatch", initiator=expect_somebody)

    def test_no_key_for_this_peer_at_the_initiator(self):
        self.expect_refusal("no-shared-key",
                            initiator=edit("secrets", {"ike-1": {"id": "stranger.example", "secret": '"something"'}}))

    def test_no_ike_proposal_in_common(self):
        self.expect_refusal("no-proposal-chosen",
                            initiator=edit(*CONNECTION, "proposals", "aes128-sha256-modp2048"),
                            responder=edit(*CONNECTION, "proposals", "aes256gcm16-prfsha384-ecp384"))

    def test_no_esp_proposal_in_common(self):
        self.expect_refusal("no-proposal-chosen",
                            initiator=edit(*CHILD, "esp_proposals", "aes128-sha256"),
                            responder=edit(*CHILD, "esp_proposals", "aes256gcm16"))

    def test_selectors_have_nothing_in_common(self):
        self.expect_refusal("selectors-unacceptable", responder=edit(*CHILD, "local_ts", "10.77.0.0/16"))

    def test_nobody_answers(self):
        self.configure()
        self.responder.stop()
        self.fail_to_come_up(("no-answer",), 4)
        self.assertEqual(self.initiator.installed(), [])
        self.responder.start()
        self.initiator.terminate(ike="tunnel")
        self.expect_gone(self.initiator)
        self.configure()
        self.bring_up()
