"""As client, the name servers that a gateway tells are the system's for as long as the tunnel is there. RFC 7296 §3.15.1, RFC 8598."""
import unittest

from lab import wait_for
from name_server_cases import DOMAIN, SERVER, NameServerCase


class NameServers(NameServerCase):

    def test_systemd_resolved(self):
        state = self.systemd_resolved()
        self.configure_client()
        self.expect_with_the_tunnel(state, {SERVER: False}, {SERVER: True, "~.": True}, {SERVER: False, "~.": False})

    def test_systemd_resolved_for_a_domain(self):
        state = self.systemd_resolved()
        self.configure_client(DOMAIN)
        self.expect_with_the_tunnel(state, {DOMAIN: False}, {SERVER: True, f"~{DOMAIN}": True, "~.": False}, {SERVER: False, DOMAIN: False})

    def test_openresolv(self):
        state = self.openresolv()
        self.configure_client()
        self.expect_with_the_tunnel(state, {"192.0.2.99": True, SERVER: False}, {"192.0.2.99": False, SERVER: True},
                                    {"192.0.2.99": True, SERVER: False})

    def test_openresolv_for_a_domain(self):
        """Without a name server of the machine's own that can tell domains apart, nobody asks the gateway's for other names."""
        state = self.openresolv()
        self.configure_client(DOMAIN)
        self.expect_with_the_tunnel(state, {"192.0.2.99": True}, {"192.0.2.99": True, DOMAIN: True, SERVER: False},
                                    {"192.0.2.99": True, SERVER: False, DOMAIN: False})

    def test_what_a_killed_run_told_is_taken_back(self):
        state = self.openresolv()
        self.configure_client()
        self.bring_up()
        wait_for(lambda: SERVER in state(), "the server is told")
        self.initiator.kill()
        self.initiator.wait_until_its_interface_is_gone()
        self.assertIn(SERVER, state())
        self.initiator.start()
        wait_for(lambda: SERVER not in state(), "the server is taken back")

    def test_an_end_takes_it_back(self):
        state = self.openresolv()
        self.configure_client()
        self.bring_up()
        wait_for(lambda: SERVER in state(), "the server is told")
        self.initiator.stop()
        self.assertNotIn(SERVER, state())
        self.initiator.start()


if __name__ == "__main__":
    unittest.main()
