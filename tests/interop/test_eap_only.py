"""EAP alone proves both ends: no signature of the gateway (RFC 5998). Methods that prove both ends and make a key may do so."""
import unittest

from eap_cases import EapCase


def at_both_ends(method="eap-tls", identity="right.example"):
    """Changes for the client and for the gateway."""
    def client(configuration):
        configuration["connections"]["tunnel"]["remote"] = {"auth": method, "id": identity}

    def gateway(configuration):
        configuration["connections"]["tunnel"]["local"] = {"auth": method, "id": "right.example"}
    return {"client": client, "gateway": gateway}


class EapOnly(EapCase):

    def test_tls(self):
        self.configure_eap("eap-tls", **at_both_ends())
        self.expect_tunnel_by_eap()

    def test_ttls(self):
        if "strongswan" in self.responder.kind + self.initiator.kind:
            self.skipTest("charon does not take EAP-TTLS for a method that proves both ends")
        self.configure_eap("eap-ttls", **at_both_ends("eap-ttls"))
        self.expect_tunnel_by_eap()

    def test_tls_and_rekeyings_of_either_end(self):
        self.configure_eap("eap-tls", **at_both_ends())
        self.bring_up()
        self.expect_rekeyings(self.initiator, self.responder)

    def test_a_gateway_with_a_certificate_of_another_name(self):
        """The certificate that it shows in EAP is all that there is of it."""
        self.configure_eap("eap-tls", **at_both_ends(identity="elsewhere.example"))
        self.expect_refusal_of_eap("elsewhere.example")

    def test_a_gateway_of_another_root(self):
        other = self.authority.make("other")
        self.certificate_of_the_gateway = lambda: self.authority.make("right", "p256", other, ("DNS:right.example",))
        self.configure_eap("eap-tls", **at_both_ends())
        self.expect_refusal_of_eap('the certificate of the server is refused: "C=CH, O=Example, CN=right"', "ended TLS with the alert")

    def test_a_client_that_wants_a_signature(self):
        changes = at_both_ends()
        self.configure_eap("eap-tls", gateway=changes["gateway"])
        # charon offers EAP alone to everybody, and looks at what it got afterwards.
        self.expect_refusal_of_eap(None, "the responder is to be proven by EAP alone" if self.initiator.kind == "keypact" else None)

    def test_a_gateway_that_signs(self):
        changes = at_both_ends()
        self.configure_eap("eap-tls", client=changes["client"])
        self.expect_refusal_of_eap("the responder is to be proven by EAP alone")

    def test_a_method_that_does_not_prove_the_gateway(self):
        def asks(configuration):
            configuration["connections"]["tunnel"]["remote"] = {"auth": "eap", "id": "right.example"}
            configuration["connections"]["tunnel"]["local"]["auth"] = "eap"

        def gateway(configuration):
            configuration["connections"]["tunnel"]["local"] = {"auth": "eap", "id": "right.example"}
        if self.initiator.kind != "keypact" or self.responder.kind == "keypact":
            self.skipTest("is about what we say to charon's MSCHAPv2")
        self.configure_eap("eap-mschapv2", asks=False, client=asks, gateway=gateway)
        self.expect_refusal_of_eap("a responder that does not prove itself by AUTH is not proven by EAP-MSCHAPV2")


if __name__ == "__main__":
    unittest.main()
