"""The gateway tells of name servers that are asked over TLS: the client's systemd-resolved asks no others. RFC 9464."""
import unittest

from lab import wait_for
from name_server_cases import DOMAIN, SERVER, NameServerCase

NAME = "dns.corp.example"


class EncryptedDns(NameServerCase):

    def test_systemd_resolved(self):
        state = self.systemd_resolved()
        self.configure_client(encrypted_dns=f"{NAME} {SERVER} dot port=8853, doh.example 10.2.0.54 doh")
        told = f"{SERVER}:8853#{NAME}"
        self.expect_with_the_tunnel(state, {told: False, "+DNSOverTLS": False}, {told: True, "+DNSOverTLS": True, "~.": True, "10.2.0.54": False},
                                    {told: False, "+DNSOverTLS": False})

    def test_those_that_are_asked_in_clear_take_the_place(self):
        """Of another gateway's, once the first one is gone: TLS goes with the servers that it is for."""
        state = self.systemd_resolved()
        self.configure_client(encrypted_dns=f"{NAME} {SERVER}")
        self.expect_with_the_tunnel(state, {"+DNSOverTLS": False}, {f"{SERVER}#{NAME}": True, "+DNSOverTLS": True}, {"+DNSOverTLS": False})
        self.configure_client(DOMAIN)
        self.expect_with_the_tunnel(state, {NAME: False}, {SERVER: True, f"~{DOMAIN}": True, "+DNSOverTLS": False, NAME: False},
                                    {SERVER: False})

    def test_resolvconf_is_told_of_the_others(self):
        state = self.openresolv()
        self.configure_client(encrypted_dns=f"{NAME} 10.2.0.54")
        self.expect_with_the_tunnel(state, {SERVER: False}, {SERVER: True, "10.2.0.54": False}, {SERVER: False})

    def test_the_log_tells_all_of_them(self):
        self.configure_client(encrypted_dns=f"{NAME} {SERVER}, doh.example 10.2.0.54 doh")
        self.bring_up()
        wait_for(lambda: f"asked encrypted: {NAME} {SERVER} dot, doh.example 10.2.0.54 h2 path=/dns-query" in self.initiator.log_text(),
                 "the log tells of both")


if __name__ == "__main__":
    unittest.main()
