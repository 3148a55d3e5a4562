"""The initiator authenticates itself by EAP, the responder by its certificate or the shared key. RFC 7296 §2.16."""
import unittest

from eap_cases import CAROL, EapCase


class Eap(EapCase):

    def test_mschapv2(self):
        self.configure_eap("eap-mschapv2")
        self.expect_tunnel_by_eap()

    def test_md5_whose_proof_has_no_key_of_its_own(self):
        self.configure_eap("eap-md5")
        self.expect_tunnel_by_eap()

    def test_gtc(self):
        if self.responder.kind == "strongswan":
            self.skipTest("charon asks PAM for the passwords of GTC")
        self.configure_eap("eap-gtc")
        self.expect_tunnel_by_eap()

    def test_the_gateway_tells_who_it_let_in(self):
        self.configure_eap("eap-mschapv2")
        self.bring_up()
        (theirs,) = self.responder.established()
        self.assertEqual(theirs["remote-eap-id"], CAROL)
        self.assertEqual(theirs["remote-id"], "left.example")

    def test_a_wrong_password(self):
        self.configure_eap("eap-mschapv2", password="wrong")
        self.expect_refusal_of_eap(f"the server refused '{CAROL}'", f"the password of '{CAROL}' is wrong")

    def test_an_unknown_user(self):
        def other(configuration):
            configuration["connections"]["tunnel"]["local"]["eap_id"] = "mallory@example.org"
            configuration["secrets"]["eap-1"]["id"] = "mallory@example.org"
        self.configure_eap("eap-mschapv2", client=other)
        self.assertFalse(self.initiator.up("net").ok)
        self.expect_nothing_installed()

    def test_a_client_without_eap_where_eap_is_wanted(self):
        def signs(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["local"] = {"auth": "psk", "id": "left.example"}
            configuration["secrets"] = {"ike-1": {"secret": '"not what is asked for here, but long"'}}
        self.configure_eap("eap-mschapv2", client=signs)
        self.assertFalse(self.initiator.up("net").ok)
        self.expect_nothing_installed()

    def test_with_an_address_from_a_pool(self):
        def asks(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["vips"] = ["0.0.0.0"]
            del connection["children"]["net"]["local_ts"]

        def gives(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["pools"] = ["four"]
            del connection["children"]["net"]["remote_ts"]
            configuration["pools"] = {"four": {"addrs": "10.9.0.0/24"}}
        self.configure_eap("eap-mschapv2", client=asks, gateway=gives)
        self.bring_up()
        (ours,) = self.initiator.established()
        self.assertEqual(ours["local-vips"], ["10.9.0.1"])
        self.assertGreaterEqual(self.left.ping("10.9.0.1", self.right.inner4), 1)
        pools, _ = self.responder.request("get-pools", {"leases": "yes"})
        (lease,) = pools["four"]["leases"].values()
        self.assertEqual(lease["identity"], CAROL)

    def test_rekeyings_of_either_end(self):
        self.configure_eap("eap-mschapv2")
        self.bring_up()
        self.expect_rekeyings(self.initiator, self.responder)


if __name__ == "__main__":
    unittest.main()
