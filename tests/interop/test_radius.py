"""A gateway of keypact that asks RADIUS servers, here FreeRADIUS, who its clients are. RFC 3579."""
import unittest

import freeradius
from eap_cases import CAROL, PASSWORD, EapCase
from freeradius import SECRET, FreeRadius

OTHER_PORT = 1822


def server(secret=SECRET, port=1812):
    return {"address": "127.0.0.1", "auth_port": str(port), "secret": f'"{secret}"'}


class Radius(EapCase):

    def setUp(self):
        super().setUp()
        if self.responder.kind != "keypact":
            self.skipTest("the gateway is keypact")
        if reason := freeradius.missing():
            self.skipTest(reason)

    def run_server(self, **options):
        own = self.authority.make("radius", "p256", self.root, ("DNS:radius.example",))
        running = FreeRadius(self.right, {CAROL: PASSWORD}, own=own, root=self.root, **options)
        self.addCleanup(running.stop)
        return running.start()

    def configure_radius(self, method="eap-mschapv2", servers=None, client=None, **options):
        """The gateway knows no password and asks the servers."""
        def asks_servers(configuration):
            configuration["connections"]["tunnel"]["remote"]["auth"] = "eap-radius"
            configuration["secrets"] = {}
            configuration["radius"] = servers or {"main": server()}

        def trusts_the_server(configuration):
            if method in ("eap-tls", "eap-ttls", "eap-peap"):
                configuration["connections"]["tunnel"]["local"]["aaa_id"] = "radius.example"
            if client:
                client(configuration)
        self.configure_eap(method, client=trusts_the_server, gateway=asks_servers, **options)

    def test_mschapv2(self):
        self.run_server()
        self.configure_radius()
        self.expect_tunnel_by_eap()

    def test_md5_whose_proof_has_no_key_of_its_own(self):
        self.run_server(method="md5")
        self.configure_radius("eap-md5")
        self.expect_tunnel_by_eap()

    def test_tls_in_many_fragments(self):
        self.run_server(method="tls")
        self.configure_radius("eap-tls")
        self.expect_tunnel_by_eap()

    def test_ttls(self):
        self.run_server(method="ttls")
        self.configure_radius("eap-ttls")
        self.expect_tunnel_by_eap()

    def test_peap(self):
        if self.initiator.kind != "keypact":
            self.skipTest("Debian's charon has no EAP-PEAP loaded here")
        self.run_server(method="peap")
        self.configure_radius("eap-peap")
        self.expect_tunnel_by_eap()

    def test_the_client_prefers_another_method(self):
        """The server's first offer is refused by a Nak, which goes to the server."""
        self.run_server(method="md5")
        self.configure_radius("eap-mschapv2")
        self.expect_tunnel_by_eap()

    def test_by_the_name_before_eap(self):
        def one_name(configuration):
            configuration["connections"]["tunnel"]["local"] = {"auth": "eap-mschapv2", "id": CAROL}
        self.run_server()
        self.configure_radius(client=one_name, asks=False)
        self.expect_tunnel_by_eap()

    def test_the_gateway_tells_who_it_let_in(self):
        running = self.run_server()
        self.configure_radius()
        self.bring_up()
        (theirs,) = self.responder.established()
        self.assertEqual(theirs["remote-eap-id"], CAROL)
        said = running.text()
        self.assertIn(f'Calling-Station-Id = "{self.left.outer(4)}:', said)
        self.assertIn('NAS-Identifier = "keypact"', said)

    def test_a_wrong_password(self):
        self.run_server()
        self.configure_radius(password="wrong")
        self.expect_refusal_of_eap(None, f"the RADIUS server main (127.0.0.1:1812) rejects '{CAROL}'")

    def test_an_unknown_user(self):
        def other(configuration):
            configuration["connections"]["tunnel"]["local"]["eap_id"] = "mallory@example.org"
            configuration["secrets"] = {"eap-1": {"id": "mallory@example.org", "secret": '"Wonderland-7"'}}
        self.run_server()
        self.configure_radius(client=other)
        self.expect_refusal_of_eap(None, "rejects 'mallory@example.org'")

    def test_a_server_that_is_silent(self):
        self.configure_radius()
        self.expect_refusal_of_eap(None, "the RADIUS server main (127.0.0.1:1812) does not answer")

    def test_a_server_with_another_secret(self):
        running = self.run_server(secret="another secret, of somebody else")
        self.configure_radius()
        self.expect_refusal_of_eap(None, "does it know this gateway as a client, and with the same secret?")
        self.assertIn("invalid Message-Authenticator", running.text())

    def test_the_second_server_takes_over(self):
        if self.initiator.kind != "keypact":
            self.skipTest("charon gives up after 6 seconds as it is configured here, and the first server has 7")
        self.run_server(port=OTHER_PORT)
        self.configure_radius(servers={"first": server(), "second": server(port=OTHER_PORT)})
        self.expect_tunnel_by_eap()
        # The silent one is asked behind the other now.
        self.expect_tunnel_by_eap()

    def test_no_secret_is_in_a_log(self):
        self.run_server()
        self.configure_radius()
        self.bring_up()
        for secret in (SECRET, PASSWORD):
            self.assertNotIn(secret, self.responder.log_text())


if __name__ == "__main__":
    unittest.main()
