"""What IP headers say on the wire: the DSCP of IKE, and what ESP does with the DSCP, ECN and DF of the packets that it carries."""
from capture import classify
from case import PairCase
from lab import wait_for

IKE_SA_INIT = 34


class Headers(PairCase):

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
