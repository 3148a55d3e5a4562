"""Many Child SAs in one IKE SA: traffic on each, one rekeyed, one deleted, and all of them taken over by a rekeyed IKE SA."""
from case import PairCase
from lab import wait_for

CHILDREN = 20


def inner(number, side):
    return f"10.{side}.0.{100 + number}"


class Many(PairCase):

    def prepare(self):
        for side, host in ((1, self.left), (2, self.right)):
            for number in range(CHILDREN):
                host.ip("addr", "add", f"{inner(number, side)}/32", "dev", "lo")

    def many_children(self, configuration):
        tunnel = configuration["connections"]["tunnel"]
        at_left = tunnel["local"]["id"].startswith("left")
        ours, theirs = (1, 2) if at_left else (2, 1)
        like = tunnel["children"].pop("net")
        for number in range(CHILDREN):
            tunnel["children"][f"c{number}"] = dict(like, local_ts=f"{inner(number, ours)}/32", remote_ts=f"{inner(number, theirs)}/32")

    def names(self, daemon):
        """Of the Child SAs that are installed, in the one IKE SA that there is; nothing while there is another."""
        sas = daemon.sas()
        if len(sas) != 1 or sas[0]["state"] != "ESTABLISHED" or len(sas[0]["children"]) != len(daemon.installed()):
            return None
        return sorted(child["name"] for child in sas[0]["children"])

    def wait_for_children(self, numbers):
        wanted = sorted(f"c{number}" for number in numbers)
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: self.names(d) == wanted, f"{len(wanted)} Child SAs in one IKE SA on {daemon.host.side}", 20, 0.1)

    def expect_traffic(self, numbers):
        for number in numbers:
            source, target = (self.left, self.right) if number % 2 else (self.right, self.left)
            ours, theirs = (1, 2) if number % 2 else (2, 1)
            self.assertEqual(source.ping(inner(number, ours), inner(number, theirs), count=1), 1, f"ping on c{number}")

    def spis(self, number):
        (child,) = self.initiator.installed(f"c{number}")
        return child["spi-in"], child["spi-out"]

    def live(self, family):
        self.configure(both=self.many_children, family=family)
        for number in range(CHILDREN):
            outcome = self.initiator.initiate(f"c{number}")
            self.assertTrue(outcome.ok, outcome.text)
        everything = range(CHILDREN)
        self.wait_for_children(everything)
        self.expect_traffic(everything)
        before = self.spis(7)
        response, _ = self.responder.request("rekey", {"child": "c7"})
        self.assertEqual(response["success"], "yes")
        wait_for(lambda: len(self.initiator.installed("c7")) == 1 and self.spis(7) != before, "the rekeying of c7", 15)
        self.assertTrue(self.initiator.terminate(child="c3").ok)
        rest = [number for number in everything if number != 3]
        self.wait_for_children(rest)
        ike = self.initiator.sas()[0]["initiator-spi"]
        response, _ = self.initiator.request("rekey", {"ike": "tunnel"})
        self.assertEqual(response["success"], "yes")
        wait_for(lambda: ike not in [sa["initiator-spi"] for sa in self.initiator.sas()], "the rekeying of the IKE SA", 15)
        self.wait_for_children(rest)
        self.expect_traffic(rest)

    def test_twenty_over_ipv4(self):
        self.live(4)

    def test_twenty_over_ipv6(self):
        self.live(6)
