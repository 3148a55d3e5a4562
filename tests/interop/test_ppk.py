"""A post-quantum preshared key in the keys of the IKE SA. RFC 8784, and RFC 9867 with peers that know it."""
import unittest

from authority import certify
from case import PairCase
from lab import wait_for

KEY = '"Q2hlY2sgdGhhdCBib3RoIGVuZHMgYWdyZWUgb24gdGhpcw=="'
OTHER = '"VGhpcyBvbmUgaXMgYW5vdGhlciBwb3N0LXF1YW50dW0ga2V5"'


def end(ppk_id="lab", secret=KEY, required=False, known="lab"):
    """What one end has of PPKs."""
    def change(configuration):
        connection = configuration["connections"]["tunnel"]
        connection["ppk_id"] = ppk_id
        connection["ppk_required"] = "yes" if required else "no"
        if secret:
            configuration["secrets"]["ppk-1"] = {"id": known, "secret": secret}
    return change


NONE = end(ppk_id=None, secret=None)


class Ppk(PairCase):

    def setUp(self):
        super().setUp()
        for daemon in self.daemons():
            self.skip_if_unable(daemon, "PPK")

    def expect_tunnel(self, with_ppk):
        self.bring_up()
        self.expect_data(size=20_000)
        for daemon in self.daemons():
            (ike,) = daemon.established()
            if "ppk" not in daemon.untold:
                self.assertEqual(ike.get("ppk", "no"), "yes" if with_ppk else "no", daemon.host.side)

    def expect_refusal(self):
        self.assertFalse(self.initiator.up("net").ok)
        self.expect_nothing_installed()
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: not d.established(), f"no IKE SA on {daemon.host.side}")

    def test_the_same_at_both_ends(self):
        for required in (False, True):
            with self.subTest(required=required):
                self.configure(both=end(required=required))
                self.expect_tunnel(with_ppk=True)
                self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
                self.expect_gone()

    def test_the_responder_takes_the_one_that_the_initiator_names(self):
        self.configure(initiator=end(), responder=end(ppk_id=None))
        self.expect_tunnel(with_ppk=True)

    def test_in_ike_intermediate(self):
        for daemon in self.daemons():
            self.skip_if_unable(daemon, "use a PPK in IKE_INTERMEDIATE")
        log = self.keypact_or_skip()
        self.configure(both=end(required=True))
        self.expect_tunnel(with_ppk=True)
        self.assertRegex(log.log_since_mark(), r"IKE_INTERMEDIATE request 1 .*: HDR, SK {N\((LIBRESWAN_)?PPK_IDENTITY_KEY\)}")
        self.assertRegex(log.log_since_mark(), r"IKE_INTERMEDIATE response 1 .*: HDR, SK {N\(PPK_IDENTITY\)}")

    def test_rekeyings_of_either_end(self):
        self.configure(both=end(required=True))
        self.expect_tunnel(with_ppk=True)
        self.expect_rekeyings(self.initiator, self.responder)

    def certified(self):
        for daemon in self.daemons():
            self.skip_if_unable(daemon, "PPK beside a signature")
        return certify(self)

    def test_with_certificates(self):
        signs = self.certified()
        self.configure(both=signs(end()))
        self.expect_tunnel(with_ppk=True)

    def test_with_certificates_where_the_responder_knows_another_one(self):
        signs = self.certified()
        self.configure(initiator=signs(end()), responder=signs(end(None, known="other")))
        self.expect_tunnel(with_ppk=False)

    def test_after_eap(self):
        def client(configuration):
            end(required=True)(configuration)
            configuration["connections"]["tunnel"]["local"].update({"auth": "eap-md5", "eap_id": "carol"})
            configuration["secrets"]["eap-1"] = {"id": "carol", "secret": '"Wonderland-7"'}

        def gateway(configuration):
            end(required=True)(configuration)
            configuration["connections"]["tunnel"]["remote"].update({"auth": "eap-md5", "eap_id": "%any"})
            configuration["secrets"]["eap-1"] = {"id": "carol", "secret": '"Wonderland-7"'}
        self.configure(initiator=client, responder=gateway)
        self.expect_tunnel(with_ppk=True)

    def test_a_wrong_one(self):
        """With RFC 8784 it fails though it is not required; with RFC 9867 the responder notices in time, and does without."""
        self.configure(initiator=end(), responder=end(secret=OTHER))
        if any(daemon.unable("use a PPK in IKE_INTERMEDIATE") for daemon in self.daemons()):
            self.expect_refusal()
        else:
            self.expect_tunnel(with_ppk=False)

    def test_a_wrong_one_that_is_required(self):
        self.configure(initiator=end(), responder=end(secret=OTHER, required=True))
        self.expect_refusal()

    def test_a_required_one_that_the_responder_does_not_have(self):
        self.skip_if_unable(self.initiator, "tell whom it refuses")
        self.configure(initiator=end(required=True), responder=NONE)
        self.expect_refusal()

    def test_a_required_one_that_the_initiator_does_not_have(self):
        self.configure(initiator=NONE, responder=end(required=True))
        self.expect_refusal()

    def test_a_required_one_where_the_responder_knows_another_one(self):
        self.configure(initiator=end(required=True), responder=end("other", known="other"))
        self.expect_refusal()

    def test_a_required_one_where_the_initiator_names_another_one(self):
        self.configure(initiator=end(), responder=end("other", known="other", required=True))
        self.expect_refusal()

    def test_an_optional_one_that_the_responder_does_not_have(self):
        self.configure(initiator=end(), responder=NONE)
        self.expect_tunnel(with_ppk=False)

    def test_an_optional_one_that_the_initiator_does_not_have(self):
        self.configure(initiator=NONE, responder=end())
        self.expect_tunnel(with_ppk=False)

    def test_an_optional_one_where_the_responder_knows_another_one(self):
        self.configure(initiator=end(), responder=end(None, known="other"))
        self.expect_tunnel(with_ppk=False)


if __name__ == "__main__":
    unittest.main()
