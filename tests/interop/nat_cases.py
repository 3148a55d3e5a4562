"""NATs that are there: in front of the initiator, of both, of two initiators; mappings that time out or change. RFC 7296 §2.23,
RFC 3948. For pairs of any two daemons."""
import contextlib
import re
import time

from capture import Capture, classify
from case import PairCase, site
from kinds import KINDS
from lab import Process, wait_for
from nat_lab import FAR, NEAR, NatCase

UDP = 17


def answered(ping):
    return ping.path.read_text().count(" ttl=") if ping.path.exists() else 0


class Ping:
    """A steady ping through the tunnel."""

    def __init__(self, source, target, interval="0.1"):
        self.path = source.dir / "steady-ping"
        self.path.unlink(missing_ok=True)
        self.process = Process([*source.exec_prefix(), "ping", "-n", "-i", interval, "-I", source.inner4, target.inner4],
                               self.path)
        source.lab.closers.append(self.process.stop)


class NatSteps(NatCase):
    """What the cases are made of."""

    def expect_nat(self, daemon, **wanted):
        """charon here always fakes a NAT in front of itself, so only keypactd's facts are the lab's."""
        if daemon.kind == "keypact":
            sa = self.facts(daemon)
            self.assertEqual({key: sa.get(key.replace("_", "-"), "no") for key in wanted}, wanted)
            self.assertEqual([child.get("encap") for child in sa["children"]], ["yes"])

    def expect_encapsulated(self, frames):
        esp = [frame for frame in frames if classify(frame) == "ESP"]
        self.assertGreater(len(esp), 0)
        self.assertEqual({frame[23] for frame in esp}, {UDP}, "ESP outside of UDP")

    def spis(self):
        """Of both ends; of Child SAs where they are to stay."""
        return [(sa.get("initiator-spi"), sa.get("responder-spi"),
                 sa["children"][0]["spi-in"] if self.responder.moves_children else None)
                for sa in map(self.facts, (self.initiator, self.responder))]

    def rebind_under_a_ping(self, seconds):
        """The NAT forgets while a ping goes on: it is answered again after so many seconds at most, by the same SAs."""
        self.skip_if_unable(self.responder, "follow behind a NAT" if self.both else "follow")
        # charon's data plane here tells nothing of endpoints: it goes by IKE messages, which a liveness check is. Others do so with the
        # IKE SA only, and answer what is repeated from a new endpoint at the old one: they get one request, once the NAT is there again.
        asks = self.responder.kind != "keypact" and self.responder.moves_children
        options = {"dpd_delay": "1s"} if asks else {}
        self.configure_nat(**options)
        self.bring_up()
        before = self.spis()
        ping = Ping(self.left, self.right)
        wait_for(lambda: answered(ping) > 3, "the ping is answered")
        for ports in ("51000-51999", "52000-52999"):
            self.lab.box.reboot(ports)
            if not self.responder.moves_children:
                self.initiator.rekey("child")
            low, high = map(int, ports.split("-"))
            wait_for(lambda low=low, high=high: low <= int(self.facts(self.responder)["remote-port"]) <= high,
                     "the responder knows the new endpoint", seconds)
            count = answered(ping)
            wait_for(lambda count=count: answered(ping) > count + 3, "the ping is answered again", 3)
        self.assertEqual(before, self.spis(), "nothing was rekeyed or set up anew")
        if self.responder.kind == "keypact":
            # While a NAT begins anew, packets may get through it as they are.
            moves = re.findall(r"and \S+:5[12]\d{3} from now on, not ", self.responder.log_text())
            self.assertEqual(len(moves), 2)


class Nat(NatSteps):
    """The initiator is behind a NAT."""

    def test_initiator_behind_a_nat(self):
        self.configure_nat()
        with self.clean_wire() as capture:
            self.bring_up()
            self.expect_data()
        self.expect_encapsulated(capture.frames())
        self.expect_nat(self.initiator, nat_local="yes")
        self.expect_nat(self.responder, nat_local="no", nat_remote="yes")
        self.assertIn(int(self.facts(self.responder)["remote-port"]), range(40000, 50000))
        if self.initiator.kind == "keypact":
            self.assertIn("this end is behind a NAT" if self.responder.kind == "keypact" else "behind a NAT, ESP goes in UDP",
                          self.initiator.log_text())

    def test_keepalives_keep_the_mapping(self):
        if self.initiator.kind == "openiked":
            self.skipTest("openiked: a keepalive every 20 s, and no setting for it")
        self.lab.box.forget_idle_after(3)
        self.configure_nat()
        self.bring_up()
        port = self.facts(self.responder)["remote-port"]
        capture = Capture(self.left)
        time.sleep(5)
        seen = [classify(frame) for frame in capture.stop().frames()]
        self.assertGreaterEqual(seen.count("keepalive"), 3, seen)
        self.assertGreaterEqual(self.right.ping(self.right.inner4, self.left.inner4), 1)
        self.assertEqual(self.facts(self.responder)["remote-port"], port, "another mapping")
        self.assertEqual(len(self.responder.sas()), 1, "a keepalive made something")

    def test_a_new_mapping_under_a_ping(self):
        self.rebind_under_a_ping(8)


class BothBehindNats(NatSteps):
    """The responder too: the ports of IKE are forwarded to it."""

    both = True

    def test_both_ends_behind_nats(self):
        self.configure_nat()
        with self.clean_wire() as capture:
            self.bring_up()
            self.expect_data()
        self.expect_encapsulated(capture.frames())
        for daemon in (self.initiator, self.responder):
            self.expect_nat(daemon, nat_local="yes", nat_remote="yes")

    def test_a_new_mapping_when_both_are_behind_nats(self):
        self.rebind_under_a_ping(8)


class TwoBehindOneNat(NatCase):
    """Two initiators behind one NAT, each with a network of its own."""

    third = True

    def end_of(self, host):
        """The configuration of an initiator; the gateway's is made of these, seen from the other side."""
        return site(host, self.right)["connections"]["tunnel"] | {"remote_addrs": FAR, "mobike": "no"}

    def gateway_end_of(self, host):
        return site(self.right, host)["connections"]["tunnel"] | {"remote_addrs": NEAR, "mobike": "no"}

    def test_two_clients_behind_one_nat(self):
        second = KINDS[self.initiator_kind](self.lab.third)
        self.keep_alive(second, 1)
        second.start()
        secret = {f"ike-{side}": {"id-1": f"{side}.example", "id-2": "right.example", "secret": f'"a key of {side}, not short"'}
                  for side in ("left", "third")}
        children = {}
        for side, host in (("left", self.left), ("third", self.lab.third)):
            gateway = self.gateway_end_of(host)
            gateway["children"] = {f"net-{side}": gateway["children"]["net"]}
            children[side] = gateway
        self.responder.configure({"connections": children, "secrets": secret})
        for daemon in (self.initiator, second):
            daemon.configure({"connections": {"tunnel": self.end_of(daemon.host)}, "secrets": secret})
            outcome = daemon.up("net")
            self.assertTrue(outcome.ok, outcome.text)
        ends = {(sa["remote-host"], sa["remote-port"]) for sa in self.responder.established()}
        self.assertEqual({host for host, _ in ends}, {NEAR})
        self.assertEqual(len(ends), 2, "one mapping for each")
        for _ in range(2):
            for host in (self.left, self.lab.third):
                self.assertGreaterEqual(host.ping(host.inner4, self.right.inner4), 1, host.side)
                self.assertGreaterEqual(self.right.ping(self.right.inner4, host.inner4), 1, host.side)
            if self.responder.unable("follow"):
                break
            # And again when both have other ports.
            self.lab.box.reboot("53000-53999")
            for daemon in (self.initiator, second):
                self.speak(daemon)
        self.assertEqual(second.stop(), 0)

    def speak(self, daemon):
        """One message of IKE, which any responder takes the new endpoint from."""
        (sa,) = daemon.established()
        spi = sa["children"][0]["spi-in"]
        daemon.rekey("child")
        wait_for(lambda: [child for child in daemon.installed("net") if child["spi-in"] != spi], "a rekeyed Child SA")


class ForcedEncapsulation(PairCase):
    """No NAT anywhere, and ESP in UDP all the same."""

    def test_forced_encapsulation(self):
        self.configure(both=lambda wanted: wanted["connections"]["tunnel"].update(encap="yes"))
        with self.clean_wire() as capture:
            self.bring_up()
            self.expect_data()
        esp = [frame for frame in capture.frames() if classify(frame) == "ESP"]
        self.assertEqual({frame[23] for frame in esp}, {UDP})
        with contextlib.suppress(StopIteration):
            keypact = next(daemon for daemon in (self.initiator, self.responder) if daemon.kind == "keypact")
            self.assertIn("ESP goes in UDP", keypact.tool("status", "tunnel").stdout)
