"""As client, the name servers that a gateway tells are the system's for as long as the tunnel is there. RFC 7296 §3.15.1, RFC 8598."""
import unittest

import resolver_root
from case import PairCase
from lab import run, wait_for

POOL, ADDRESS = "10.9.0.0/24", "10.9.0.1"
SERVER, DOMAIN = "10.2.0.53", "corp.example"


class NameServers(PairCase):

    def setUp(self):
        super().setUp()
        if self.initiator.kind != "keypact":
            self.skipTest("charon's own matter")
        self.vici_or_skip(self.responder)

    def within(self, package):
        if not resolver_root.has(package):
            self.skipTest(f"{package} is not unpacked: ./dev setup does it")
        root = resolver_root.ResolverRoot(self.left, package)
        self.initiator.stop()
        self.initiator.within = root.prefix()
        del self.initiator.options["--no-name-servers"]
        return root

    def systemd_resolved(self):
        root = self.within("systemd-resolved")
        run([*root.prefix(), "sh", "-c", "mkdir -p /run/dbus /run/systemd/resolve && systemd-sysusers systemd-resolve.conf && "
             "chown systemd-resolve:systemd-resolve /run/systemd/resolve"])
        root.start("dbus.log", "dbus-daemon", "--system", "--nofork", "--nopidfile")
        wait_for(lambda: run([*root.prefix(), "test", "-S", "/run/dbus/system_bus_socket"], check=False).returncode == 0, "the bus is there")
        root.start("resolved.log", "/usr/lib/systemd/systemd-resolved")
        wait_for(lambda: run([*root.prefix(), "resolvectl", "status"], check=False).returncode == 0, "systemd-resolved answers", 20)
        self.initiator.start()
        return lambda: run([*root.prefix(), "resolvectl", "status", "kp0"], check=False).stdout

    def openresolv(self):
        root = self.within("openresolv")
        run([*root.prefix(), "sh", "-c", "echo 'nameserver 192.0.2.99' | resolvconf -a wire"])
        self.initiator.start()
        return lambda: root.read("/etc/resolv.conf")

    def configure_client(self, domain=None):
        def asks(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["vips"] = ["0.0.0.0"]
            del connection["children"]["net"]["local_ts"]

        def gives(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["pools"] = ["four"]
            del connection["children"]["net"]["remote_ts"]
            pool = {"addrs": POOL, "dns": SERVER}
            if domain:
                pool["25"] = domain
            configuration["pools"] = {"four": pool}
        self.configure(initiator=asks, responder=gives)

    def expect_with_the_tunnel(self, state, before, meanwhile, after):
        """What the resolver says, and what not."""
        def says(words):
            text = state()
            return all((word in text) == wanted for word, wanted in words.items())
        wait_for(lambda: says(before), f"before: {before}")
        self.bring_up()
        wait_for(lambda: says(meanwhile), f"with the tunnel: {meanwhile}")
        self.assertTrue(self.initiator.rekey("ike").ok)
        wait_for(lambda: len(self.initiator.sas()) == 1 and len(self.responder.sas()) == 1, "the IKE SA is replaced")
        self.assertTrue(says(meanwhile), state())
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        wait_for(lambda: says(after), f"after: {after}")

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
