"""One end, or both, prove themselves more than once. RFC 4739."""
import unittest

from authority import give
from eap_cases import CAROL, PASSWORD, EapCase, password_of


class Rounds(EapCase):

    def configure_rounds(self, initiator, responder, secrets=None, known=None):
        """What each end says of itself, in that order; the other one expects the same."""
        give(self.responder, self.certificate_of_the_gateway(), [self.root])
        give(self.initiator, self.authority.make("left", "p256", self.root, ("DNS:left.example",)), [self.root])

        def rounds(own, peer, passwords):
            def change(configuration):
                connection = configuration["connections"]["tunnel"]
                del connection["local"], connection["remote"]
                for side, sections in (("local", own), ("remote", peer)):
                    for number, section in enumerate(sections, 1):
                        connection[f"{side}-{number}"] = {**section, "round": str(number)}
                configuration["secrets"].update(passwords)
            return change
        ours = password_of(CAROL, PASSWORD) if secrets is None else secrets
        self.configure(initiator=rounds(initiator, responder, ours),
                       responder=rounds(responder, initiator, ours if known is None else known))

    MACHINE = {"auth": "pubkey", "id": "left.example"}
    MACHINE_BY_KEY = {"auth": "psk", "id": "left.example"}
    USER = {"auth": "eap-mschapv2", "id": "user.example", "eap_id": CAROL}
    GATEWAY = {"auth": "pubkey", "id": "right.example"}
    GATEWAY_BY_KEY = {"auth": "psk", "id": "right.example"}

    def expect_tunnel(self):
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def test_the_certificate_of_the_machine_then_its_user_by_eap(self):
        self.configure_rounds([self.MACHINE, self.USER], [self.GATEWAY])
        self.bring_up()
        (theirs,) = self.responder.established()
        self.assertEqual(theirs["remote-eap-id"], CAROL)
        self.expect_data()

    def test_a_certificate_and_a_shared_key(self):
        self.configure_rounds([self.MACHINE, self.MACHINE_BY_KEY], [self.GATEWAY])
        self.expect_tunnel()

    def test_eap_then_a_certificate(self):
        self.configure_rounds([self.USER, self.MACHINE], [self.GATEWAY])
        self.expect_tunnel()

    def test_two_of_the_responder(self):
        self.configure_rounds([self.MACHINE], [self.GATEWAY, self.GATEWAY_BY_KEY])
        self.expect_tunnel()

    def test_two_of_each(self):
        self.configure_rounds([self.MACHINE, self.MACHINE_BY_KEY], [self.GATEWAY, self.GATEWAY_BY_KEY])
        self.expect_tunnel()

    def test_a_wrong_password_in_the_second_round(self):
        self.configure_rounds([self.MACHINE, self.USER], [self.GATEWAY], known=password_of(CAROL, "another-one"))
        self.expect_refusal_of_eap(f"the server refused '{CAROL}'", f"the password of '{CAROL}' is wrong")

    def test_rekeyings_of_either_end(self):
        self.configure_rounds([self.MACHINE, self.USER], [self.GATEWAY])
        self.bring_up()
        self.expect_rekeyings(self.initiator, self.responder)


if __name__ == "__main__":
    unittest.main()
