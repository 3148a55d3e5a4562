"""What IP headers say on the wire: the DSCP of IKE, and what ESP does with the DSCP, ECN and DF of the packets that it carries."""
import contextlib
import ipaddress
import socket

from capture import classify
from case import PairCase
from lab import wait_for

IKE_SA_INIT = 34
PORT = 40000
DSCP, ECT0 = 0xb8, 0x02
TRAFFIC_CLASS = DSCP | ECT0
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO = 10, 0, 2        # of Linux, and not in Python's socket


class DscpOfIke(PairCase):

    keeps_pair = False                  # charon goes on with a connection of which nothing but this is other

    def ike_spis(self):
        return {sa[key] for daemon in (self.initiator, self.responder) for sa in daemon.sas()
                for key in ("initiator-spi", "responder-spi")}

    def ike_packets(self, captures):
        """[(source, traffic class, is it a response to IKE_SA_INIT)]"""
        found = []
        for capture in captures:
            for frame in capture.stop().frames():
                if classify(frame) != "IKE":
                    continue
                v4 = frame[12:14] == b"\x08\x00"
                traffic_class = frame[15] if v4 else int.from_bytes(frame[14:16], "big") >> 4 & 0xff
                source = ".".join(map(str, frame[26:30])) if v4 else frame[22:38].hex()
                at = (14 + (frame[14] & 15) * 4 if v4 else 54) + 8
                at += 4 if frame[at:at + 4] == bytes(4) else 0
                found.append((source, traffic_class, frame[at + 18] == IKE_SA_INIT and frame[at + 19] & 0x20 != 0))
        return found

    def carry(self, family):
        chosen = {self.left: "110000", self.right: "101110"}
        self.configure(family=family,
                       initiator=lambda c: c["connections"]["tunnel"].update(dscp=chosen[self.left]),
                       responder=lambda c: c["connections"]["tunnel"].update(dscp=chosen[self.right]))
        captures = self.captures()
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            spis = self.ike_spis()
            self.assertTrue(daemon.rekey("ike").ok)
            wait_for(lambda before=spis: len(self.ike_spis()) == 2 and not self.ike_spis() & before, "the rekeying")
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        packets = self.ike_packets(captures)
        for host in (self.left, self.right):
            address = host.outer(family)
            if family == 6:
                head, tail = address.split("::")
                address = "".join(part.zfill(4) for part in head.split(":")).ljust(28, "0") + tail.zfill(4)
            ours = [(traffic_class, first) for source, traffic_class, first in packets if source == address]
            self.assertGreaterEqual(len(ours), 4, host.side)
            # Who answers IKE_SA_INIT need not know yet which connection it is.
            self.assertEqual({traffic_class for traffic_class, first in ours if not first}, {int(chosen[host], 2) << 2},
                             host.side)

    def test_ike_has_the_dscp_of_its_connection(self):
        self.vici_or_skip(self.initiator, self.responder)
        self.carry(4)

    def test_ike_has_the_dscp_of_its_connection_over_ipv6(self):
        self.vici_or_skip(self.initiator, self.responder)
        self.carry(6)


class Headers(PairCase):
    """RFC 4301 §5.1.2."""

    def send_and_receive(self, sender, receiver, dont_fragment):
        """Sends a datagram between the inner addresses; the traffic class with which it is delivered."""
        target = (receiver.inner(4), PORT)
        with contextlib.closing(receiver.socket(target[0], socket.SOCK_DGRAM)) as listener, \
                contextlib.closing(sender.socket(target[0], socket.SOCK_DGRAM)) as caller:
            listener.bind(target)
            listener.settimeout(5)
            listener.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
            caller.bind((sender.inner(4), 0))
            caller.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, TRAFFIC_CLASS)
            caller.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO if dont_fragment else IP_PMTUDISC_DONT)
            caller.sendto(b"sixteen octets..", target)
            _, control, _, _ = listener.recvmsg(100, 100)
            ((_, _, value),) = control
            return value[0]

    @staticmethod
    def outside(captures, host):
        """The frames with ESP that this host has sent."""
        return [frame for capture in captures for frame in capture.frames()
                if classify(frame) == "ESP" and frame[26:30] == ipaddress.ip_address(host.v4).packed]

    def handle(self, dscp, ecn, dont_fragment):
        for daemon in (self.initiator, self.responder):
            if daemon.kind == "strongswan":
                self.skipTest("charon's ESP in user space leaves headers as they are")

        def edit(configuration):
            configuration["connections"]["tunnel"]["children"]["net"].update(copy_dscp=dscp, copy_ecn=ecn, copy_df=dont_fragment)
        self.configure(both=edit)
        self.bring_up()
        copied_out, copied_in = dscp in ("out", "yes"), dscp in ("in", "yes")
        outer = (DSCP if copied_out else 0) | (ECT0 if ecn == "yes" else 0)
        delivered = ((outer & ~3) if copied_in else DSCP) | ECT0
        for marked in (True, False):
            captures = self.captures()
            for sender, receiver in ((self.left, self.right), (self.right, self.left)):
                self.assertEqual(self.send_and_receive(sender, receiver, marked), delivered, f"inside, from {sender.side}")
            wait_for(lambda: all(self.outside(captures, host) for host in (self.left, self.right)), "both packets are captured")
            for capture in captures:
                capture.stop()
            for host in (self.left, self.right):
                (frame,) = self.outside(captures, host)
                self.assertEqual(frame[15], outer, f"outside, from {host.side}")
                self.assertEqual(frame[20] & 0x40 != 0, marked and dont_fragment == "yes", f"DF outside, from {host.side}")

    def test_headers_are_copied_outwards(self):
        self.handle("out", "yes", "yes")

    def test_dscp_is_copied_inwards_and_nothing_outwards(self):
        self.handle("in", "no", "no")

    def test_dscp_is_copied_both_ways(self):
        self.handle("yes", "yes", "no")

    def test_only_df_is_copied(self):
        self.handle("no", "no", "yes")
