"""Key exchanges beside the first one: IKE_INTERMEDIATE where an IKE SA is set up, IKE_FOLLOWUP_KE where it or a Child SA is rekeyed.
RFC 9370, RFC 9242."""
import unittest

import test_rekey
from authority import certify
from case import IN_GUEST

IKE = "aes256gcm16-prfsha384-x25519-ke1_x448-ke2_ecp384"
ESP = "aes256gcm16-x25519-ke1_ecp384"


@unittest.skipUnless(IN_GUEST, "strongSwan has them since its version 6: ./dev interop13")
class AdditionalKeyExchanges(test_rekey.Rekey):
    """All rekeyings, with them."""

    ike, esp = IKE, ESP

    def setUp(self):
        super().setUp()
        for daemon in self.daemons():
            self.skip_if_unable(daemon, "additional key exchanges")

    def configure(self, *edits, **options):
        super().configure(*edits, **dict(options, ike=self.ike, esp=self.esp))

    def expect_agreed(self, sa, *methods):
        for number, method in enumerate(methods, 1):
            self.assertEqual(sa.get(f"ake{number}"), method)

    def expect_agreement(self, of_ike, of_child):
        """These are agreed on at both ends, for the IKE SA at once, for the Child SA when it is rekeyed."""
        self.configure()
        self.bring_up()
        for daemon in self.daemons():
            (sa,) = daemon.sas()
            self.expect_agreed(sa, *of_ike)
        self.expect_data(size=50_000)
        self.expect_rekeying(self.initiator, "child")
        for daemon in self.daemons():
            (child,) = daemon.installed()
            self.expect_agreed(child, *of_child)

    def test_agreed_on(self):
        self.expect_agreement(["CURVE_448", "ECP_384"], ["ECP_384"])

    def test_an_optional_one_is_left_out(self):
        self.ike, self.esp = "aes256gcm16-prfsha384-x25519-ke1_x448-ke1_none", "aes256gcm16-x25519"
        self.configure(responder=lambda wanted: wanted["connections"]["tunnel"].update(
            proposals="aes256gcm16-prfsha384-x25519-ke1_none-ke1_ecp384"))
        self.bring_up()
        for daemon in self.daemons():
            self.assertNotIn("ake1", daemon.sas()[0])
        self.expect_rekeying(self.initiator, "ike")
        self.expect_rekeying(self.responder, "ike")
        self.expect_data(size=50_000)

    def test_with_certificates(self):
        """Signatures cover IKE_INTERMEDIATE too. RFC 9242 §3.3.2."""
        signs = certify(self)
        self.configure(signs(lambda configuration: None))
        self.bring_up()
        self.expect_data(size=20_000)

    def test_a_required_one_is_not_done_without(self):
        self.configure(responder=lambda wanted: wanted["connections"]["tunnel"].update(
            proposals="aes256gcm16-prfsha384-x25519"))
        outcome = self.initiator.up()
        self.assertFalse(outcome.ok)
        self.expect_nothing_installed()
