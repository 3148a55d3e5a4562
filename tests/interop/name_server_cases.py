"""Cases in which the initiator, keypactd, has a resolver that it tells the gateway's name servers."""
import resolver_root
from case import PairCase
from lab import run, wait_for

POOL, ADDRESS = "10.9.0.0/24", "10.9.0.1"
SERVER, DOMAIN = "10.2.0.53", "corp.example"


class NameServerCase(PairCase):

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

    def configure_client(self, domain=None, **more):
        def asks(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["vips"] = ["0.0.0.0"]
            del connection["children"]["net"]["local_ts"]

        def gives(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["pools"] = ["four"]
            del connection["children"]["net"]["remote_ts"]
            pool = {"addrs": POOL, "dns": SERVER, **more}
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
        self.expect_rekeying(self.initiator, "ike")
        self.assertTrue(says(meanwhile), state())
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        wait_for(lambda: says(after), f"after: {after}")
