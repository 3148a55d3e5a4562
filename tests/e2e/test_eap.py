"""EAP between two keypactd: TLS 1.3 (RFC 9190), and the methods that Debian's strongSwan does not have."""
import unittest

from eap_cases import EapCase

CARD = "0x" + "465b5ce8b199b49faa5f0a2ee238a6bc" + "cd63cb71954a9f4e48a5994e37a02baf"     # K and OPc of 3GPP TS 35.208, test set 1
OTHER_CARD = "0x" + "0396eb317b6d1c36f19c1c84cd6ffd16" + "53c15671c60a4b731c55b4a441c0bde2"


def alone(method):
    """EAP at both ends, without a signature of the gateway: RFC 5998."""
    def client(configuration):
        configuration["connections"]["tunnel"]["remote"]["auth"] = method

    def gateway(configuration):
        configuration["connections"]["tunnel"]["local"]["auth"] = method
    return {"client": client, "gateway": gateway}


class Eap(EapCase):

    def test_methods_over_tls(self):
        for method in ("eap-tls", "eap-ttls", "eap-peap"):
            with self.subTest(method=method):
                self.configure_eap(method)
                self.expect_tunnel_by_eap()

    def test_methods_with_a_card(self):
        for method in ("eap-sim", "eap-aka", "eap-aka-prime"):
            with self.subTest(method=method):
                self.configure_eap(method, password=CARD, known=CARD)
                self.expect_tunnel_by_eap()

    def test_a_wrong_password_in_peap(self):
        self.configure_eap("eap-peap", password="wrong")
        self.expect_refusal_of_eap("inside EAP-PEAP", "inside EAP-PEAP")

    def test_a_card_of_somebody_else(self):
        for method in ("eap-sim", "eap-aka"):
            with self.subTest(method=method):
                self.configure_eap(method, password=OTHER_CARD, known=CARD)
                self.expect_refusal_of_eap("EAP-" + method[4:].upper(), "EAP-" + method[4:].upper())

    def test_eap_alone(self):
        for method, secret in (("eap-tls", None), ("eap-ttls", "Wonderland-7"), ("eap-peap", "Wonderland-7"), ("eap-aka", CARD)):
            with self.subTest(method=method):
                self.configure_eap(method, password=secret, known=secret, **alone(method))
                self.expect_tunnel_by_eap()

    def test_the_client_chooses_of_what_the_gateway_has(self):
        def dynamic(configuration):
            configuration["connections"]["tunnel"]["remote"]["auth"] = "eap-dynamic"
        for method in ("eap-mschapv2", "eap-peap"):
            with self.subTest(method=method):
                self.configure_eap(method, gateway=dynamic)
                self.expect_tunnel_by_eap()


if __name__ == "__main__":
    unittest.main()
