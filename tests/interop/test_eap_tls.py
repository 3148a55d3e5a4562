"""EAP over TLS: the client shows a certificate (EAP-TLS, RFC 5216) or says its password inside of TLS (EAP-TTLS, RFC 5281). charon's TLS
is 1.2 here: in 5.9.8 its methods derive no key from TLS 1.3, which keypactd's do (RFC 9190)."""
import unittest

from eap_cases import CAROL, EapCase


class EapTls(EapCase):

    def test_tls(self):
        self.configure_eap("eap-tls")
        self.expect_tunnel_by_eap()

    def test_tls_by_the_name_before_eap(self):
        """Without eap_id the client is in EAP who it is in IKE, and the gateway does not ask."""
        def one_name(configuration):
            configuration["connections"]["tunnel"]["local"] = {"auth": "eap-tls", "id": CAROL}
        self.configure_eap("eap-tls", client=one_name, asks=False)
        self.expect_tunnel_by_eap()

    def test_tls_with_chains_in_many_fragments(self):
        middle = self.authority.make("middle", "rsa4096", self.root, extensions=("basicConstraints=critical,CA:TRUE",
                                                                                "keyUsage=critical,keyCertSign,cRLSign"))
        carol = self.certificate_of_carol(issuer=middle, key="rsa4096")
        self.configure_eap("eap-tls", certificate=carol, untrusted=[middle])
        self.expect_tunnel_by_eap()

    def test_tls_with_an_address_and_rekeyings(self):
        self.configure_eap("eap-tls")
        self.bring_up()
        self.expect_rekeyings(self.initiator)

    def test_a_client_certificate_of_another_root(self):
        other = self.authority.make("other")
        self.configure_eap("eap-tls", certificate=self.certificate_of_carol(issuer=other))
        self.expect_refusal_of_eap("ended TLS with the alert", "the certificate of the peer is refused: \"C=CH, O=Example, CN=carol\"")

    def test_a_client_certificate_that_has_expired(self):
        self.configure_eap("eap-tls", certificate=self.certificate_of_carol(days=-1))
        self.expect_refusal_of_eap("ended TLS with the alert", "expired")

    def test_a_client_certificate_of_somebody_else(self):
        mallory = self.certificate_of_carol(names=("email:mallory@example.org",))

        def with_it(configuration):
            configuration["connections"]["tunnel"]["local"]["certs"] = f"{mallory.name}.pem"
        self.configure_eap("eap-tls", certificate=mallory, client=with_it)
        # charon does not show a certificate that is not of its name.
        self.expect_refusal_of_eap("ended TLS with the alert", f'it does not speak for "{CAROL}"' if self.initiator.kind == "keypact"
                                   else "peer did not return a certificate")

    def test_a_client_without_a_certificate(self):
        stranger = self.certificate_of_carol(names=("email:stranger@example.org",))
        self.configure_eap("eap-tls", certificate=stranger)
        self.expect_refusal_of_eap("EAP-TLS cannot begin: no certificate with a private key names us",
                                   None if self.initiator.kind == "keypact" else "peer did not return a certificate")

    def test_a_server_of_eap_with_another_name(self):
        def elsewhere(configuration):
            configuration["connections"]["tunnel"]["local"]["aaa_id"] = "radius.example"
        for method in ("eap-tls", "eap-ttls"):
            with self.subTest(method=method):
                self.configure_eap(method, client=elsewhere)
                self.expect_refusal_of_eap('it does not speak for "radius.example"', "ended TLS with the alert")

    def test_ttls(self):
        self.configure_eap("eap-ttls")
        self.expect_tunnel_by_eap()

    def test_ttls_with_a_wrong_password(self):
        self.configure_eap("eap-ttls", password="wrong")
        self.expect_refusal_of_eap("inside EAP-TTLS", "inside EAP-TTLS")

    def test_ttls_of_somebody_unknown(self):
        def mallory(configuration):
            configuration["connections"]["tunnel"]["local"]["eap_id"] = "mallory@example.org"
            configuration["secrets"]["eap-1"]["id"] = "mallory@example.org"
        self.configure_eap("eap-ttls", client=mallory)
        self.expect_refusal_of_eap("inside EAP-TTLS", "mallory@example.org")


if __name__ == "__main__":
    unittest.main()
