"""Two keypactd without a NAT between them: ESP is IP protocol 50, with 64-bit sequence numbers; encap = yes forces UDP."""
from capture import Capture, classify, fields
from case import PairCase


class Native(PairCase):

    def protocols(self, capture):
        """How many packets of each kind, with ESP told apart by how it travels."""
        counts = {}
        for frame in capture.frames():
            kind = classify(frame)
            if kind == "ESP":
                is_ipv4 = frame[12:14] == b"\x08\x00"
                kind = "ESP in UDP" if (frame[23] if is_ipv4 else frame[20]) == 17 else "native ESP"
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def carry(self, family, inner, **options):
        self.configure(family=family, inner=inner, **options)
        with self.clean_wire(inner) as capture:
            self.bring_up()
            self.expect_data(inner)
        self.expect_counted()
        return self.protocols(capture)

    def test_ipv4_travels_as_protocol_50(self):
        seen = self.carry(4, (4,))
        self.assertGreater(seen.get("native ESP", 0), 10)
        self.assertNotIn("ESP in UDP", seen)

    def test_ipv6_travels_as_protocol_50(self):
        seen = self.carry(6, (4, 6))
        self.assertGreater(seen.get("native ESP", 0), 10)
        self.assertNotIn("ESP in UDP", seen)

    def test_encap_yes_travels_in_udp(self):
        def force(configuration):
            configuration["connections"]["tunnel"]["encap"] = "yes"
        seen = self.carry(4, (4, 6), both=force)
        self.assertGreater(seen.get("ESP in UDP", 0), 10)
        self.assertNotIn("native ESP", seen)

    def test_extended_sequence_numbers_by_default(self):
        self.configure()
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            self.assertEqual(daemon.installed()[0].get("esn"), "1")
        self.expect_data()

    def test_every_packet_cipher_natively(self):
        for esp in ("aes256gcm16", "aes128ccm16", "chacha20poly1305", "aes256-sha512", "aes128ctr-sha256"):
            with self.subTest(esp=esp):
                self.configure(esp=f"{esp}-esn")
                self.bring_up()
                self.expect_data(size=50_000)
                self.assertTrue(self.responder.down().ok)
                self.expect_gone()

    def test_wireshark_finds_nothing_malformed(self):
        self.configure()
        capture = Capture(self.left)
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        capture.stop()
        self.assertEqual(fields(capture.path, "_ws.malformed", "frame.number"), [])
        ports = {row[0] for row in fields(capture.path, "isakmp", "udp.dstport")}
        self.assertEqual(ports, {"500", "4500"})    # RFC 4555 §3.3

    def test_smaller_mtu_of_the_wire(self):
        for host in (self.left, self.right):
            host.ip("link", "set", "wire", "mtu", "1300")
        self.configure(inner=(4, 6))
        with self.clean_wire((4, 6)) as capture:
            self.bring_up()
            self.expect_data((4, 6), size=500_000)
        self.assertLessEqual(max(len(frame) for frame in capture.frames()), 1300 + 14)
