"""Two wires between the hosts, and addresses that come and go: the tunnel moves, and stays the same tunnel. RFC 4555. For pairs of any
two daemons."""
import re
import signal
import time

from case import PairCase
from lab import Process, run, wait_for

SECOND = "second"                   # the other wire
LEFT_2, RIGHT_2 = "198.51.100.1", "198.51.100.2"
LEFT_6, RIGHT_6 = "2001:db8:2::1", "2001:db8:2::2"
INTERVAL = 0.02


class TimedPing:
    """A steady ping that notes when each answer came."""

    def __init__(self, source, target):
        self.path = source.dir / "timed-ping"
        self.path.unlink(missing_ok=True)
        self.process = Process([*source.exec_prefix(), "ping", "-D", "-n", "-i", str(INTERVAL), "-I", source.inner4,
                                target.inner4], self.path)
        source.lab.closers.append(self.process.stop)

    def answers(self):
        return [float(stamp) for stamp in re.findall(r"\[(\d+\.\d+)\] .* ttl=", self.path.read_text())]

    def longest_gap(self):
        self.process.stop(signal.SIGINT)
        answers = self.answers()
        return max(after - before for before, after in zip(answers, answers[1:]))


class Mobike(PairCase):

    def setUp(self):
        super().setUp()
        left, right = self.left, self.right
        left.ip("link", "add", SECOND, "type", "veth", "peer", "name", SECOND, "netns", right.namespace)
        for host, v4, v6 in ((left, LEFT_2, LEFT_6), (right, RIGHT_2, RIGHT_6)):
            host.ip("addr", "add", f"{v4}/24", "dev", SECOND)
            host.ip("addr", "add", f"{v6}/64", "dev", SECOND, "nodad")
            host.ip("link", "set", SECOND, "up")
            host.wires.append(SECOND)
        for address in (right.v6, RIGHT_6):
            wait_for(lambda target=address: left.run("ping", "-q", "-c", "1", "-W", "1", target, check=False).returncode == 0, "neighbours know each other")

    def mobile(self, configuration):
        connection = configuration["connections"]["tunnel"]
        connection["mobike"] = "yes"
        connection["local_addrs"] = "%any"

    def roam(self, go, now_at, longest=1.0):
        """Brings the tunnel up, and does go() under a ping: the tunnel is at one of those addresses of the left end, the same SAs as
        before."""
        self.configure(both=self.mobile)
        self.bring_up()
        before = self.spis()
        ping = TimedPing(self.left, self.right)
        wait_for(lambda: len(ping.answers()) > 10, "the ping is answered")
        go()
        self.wait_until_at(*now_at)
        time.sleep(0.5)
        gap = ping.longest_gap()
        self.assertLess(gap, longest, "seconds without an answer")
        self.assertEqual(self.spis(), before, "nothing was rekeyed or set up anew")
        self.expect_data_soon()
        print(f"longest gap {gap:.3f} s", flush=True)

    def spis(self):
        """Of the IKE SA and its Child SA. charon's userspace data plane cannot move an SA: charon rekeys it instead."""
        (sa,) = self.initiator.established()
        both_move = {self.initiator.kind, self.responder.kind} == {"keypact"}
        children = [(child["spi-in"], child["spi-out"]) for child in sa["children"] if both_move]
        return sa["initiator-spi"], sa["responder-spi"], children

    def wait_until_at(self, *addresses):
        def ends():
            return [sa["local-host"] for sa in self.initiator.established()], [sa["remote-host"] for sa in self.responder.established()]
        wait_for(lambda: ends() in [([address], [address]) for address in addresses],
                 f"both ends have the initiator at {' or '.join(addresses)}", 15)

    def expect_data_soon(self):
        """charon may still be rekeying."""
        wait_for(lambda: self.left.ping(self.left.inner4, self.right.inner4, 1, wait=1) == 1, "the tunnel carries data", 10)
        self.expect_data(size=20_000)

    def test_interface_of_the_initiator_goes_down(self):
        self.roam(lambda: self.left.ip("link", "set", "wire", "down"), (LEFT_2, LEFT_6))

    def test_to_and_fro(self):
        """To where it has just been, before anything there can have been forgotten."""
        if self.initiator.kind != "keypact":
            self.skipTest("charon does not always go to a path that has just come back")

        def go():
            for goes, comes, now_at in (("wire", SECOND, (LEFT_2, LEFT_6)), (SECOND, "wire", (self.left.v4, self.left.v6))) * 3:
                for host in (self.left, self.right):
                    host.ip("link", "set", comes, "up")
                self.left.ip("addr", "replace", f"{self.left.v6 if comes == 'wire' else LEFT_6}/64", "dev", comes, "nodad")
                self.wait_until_carries(RIGHT_2 if comes == SECOND else self.right.v4)
                self.left.ip("link", "set", goes, "down")
                self.wait_until_at(*now_at)
        self.roam(go, (self.left.v4, self.left.v6))

    def wait_until_carries(self, target):
        """Linux lets a link that comes back within a second of its last change carry packets up to a second later."""
        wait_for(lambda: self.left.run("ping", "-q", "-c", "1", "-W", "0.2", target, check=False).returncode == 0, f"{target} answers")

    def test_address_of_the_initiator_is_taken_away(self):
        def go():
            # There is another way to the peer, as with two ways into the internet.
            self.left.ip("route", "add", f"{self.right.v4}/32", "via", RIGHT_2, "metric", "500")
            self.left.ip("addr", "del", f"{self.left.v4}/24", "dev", "wire")
        self.roam(go, (LEFT_2, LEFT_6, self.left.v6))

    def test_from_ipv4_to_ipv6_and_back(self):
        def to_ipv6():
            for host, address in ((self.left, LEFT_2), (self.right, RIGHT_2)):
                host.ip("addr", "del", f"{address}/24", "dev", SECOND)
            self.left.ip("addr", "del", f"{self.left.v4}/24", "dev", "wire")
        self.configure(both=self.mobile)
        self.bring_up()
        before = self.spis()
        to_ipv6()
        wait_for(lambda: ":" in self.initiator.established()[0]["local-host"], "IPv6", 15)
        self.expect_data_soon()
        self.left.ip("addr", "add", f"{self.left.v4}/24", "dev", "wire")
        for host in (self.left, self.right):
            for interface in ("wire", SECOND):
                host.ip("-6", "addr", "flush", "dev", interface, "scope", "global")
        self.wait_until_at(self.left.v4)
        self.assertEqual(self.spis(), before)
        self.expect_data_soon()

    def test_address_of_the_responder_goes(self):
        self.configure(both=self.mobile)
        self.bring_up()
        before = self.spis()
        self.right.ip("link", "set", "wire", "down")
        wait_for(lambda: [sa["remote-host"] for sa in self.initiator.established()] in ([RIGHT_2], [RIGHT_6]),
                 "the initiator has the responder at its other address", 15)
        self.expect_data_soon()
        self.assertEqual(self.spis(), before)


del PairCase
