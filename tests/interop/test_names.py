"""Peers that are configured by name: looked up whenever an IKE SA is to be set up, so that the tunnel follows the name."""
import pathlib
import shutil
import unittest

from case import PairCase
from lab import wait_for

GATEWAY = "gateway.example"
ELSEWHERE = "192.0.2.77"


class Names(PairCase):

    def setUp(self):
        super().setUp()
        if self.initiator.kind != "keypact":
            self.skipTest("charon's own matter")
        self.vici_or_skip(self.responder)
        # ip-netns(8) lays this over /etc for what starts in the namespace.
        folder = pathlib.Path("/etc/netns") / self.left.namespace
        folder.mkdir(parents=True)
        self.lab.closers.append(lambda: shutil.rmtree(folder, ignore_errors=True))
        self.hosts = folder / "hosts"
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.say(None)
        self.initiator.stop()
        self.initiator.options["--give-up-after"] = 5
        self.initiator.start()

    def say(self, address):
        """Where the name leads; in place, because it is this file that is laid over the other."""
        with self.hosts.open("w") as file:
            file.write("127.0.0.1 localhost\n" + (f"{address} {GATEWAY}\n" if address else ""))

    def configure_by_name(self, **child):
        def by_name(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["remote_addrs"] = GATEWAY
            connection["dpd_delay"] = "1s"
            connection["children"]["net"].update(child)

        def anywhere(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["local_addrs"] = connection["remote_addrs"] = "%any"
        self.configure(initiator=by_name, responder=anywhere)

    def wait_until_up(self, address):
        wait_for(lambda: [sa["remote-host"] for sa in self.initiator.established()] == [address] and self.initiator.installed(),
                 f"the tunnel goes to {address}", 40)
        wait_for(lambda: self.left.ping(self.left.inner4, self.right.inner4, 1, wait=1) == 1, "the tunnel carries data", 20)

    def test_an_operator_brings_it_up(self):
        self.say(self.right.v4)
        self.configure_by_name()
        self.bring_up()
        self.wait_until_up(self.right.v4)

    def test_a_name_that_is_not_known_yet(self):
        self.configure_by_name(start_action="start")
        wait_for(lambda: f"cannot resolve the name {GATEWAY}" in self.initiator.log_since_mark(), "the name is not known", 20)
        self.say(self.right.v4)
        self.wait_until_up(self.right.v4)

    def test_a_gateway_that_moves(self):
        self.say(self.right.v4)
        self.configure_by_name(start_action="start", dpd_action="restart")
        self.wait_until_up(self.right.v4)
        self.right.ip("addr", "add", f"{ELSEWHERE}/24", "dev", "wire")
        self.say(ELSEWHERE)
        # Nothing of what it knew is left, and where it was nobody answers.
        self.right.nft(f"add table inet moved; add chain inet moved in {{ type filter hook input priority 0; }}; "
                       f"add rule inet moved in ip daddr {self.right.v4} drop")
        self.wait_until_up(ELSEWHERE)

    def test_a_trap(self):
        self.say(self.right.v4)
        self.configure_by_name(start_action="trap", remote_ts=[self.right.net4])
        self.assertEqual(self.initiator.sas(), [])
        self.left.ping(self.left.inner4, self.right.inner4, 1, wait=1)
        self.wait_until_up(self.right.v4)


if __name__ == "__main__":
    unittest.main()
