"""What an independent reader, tshark, sees in our packets: nothing malformed, and with the exported keys every payload of
IKE_AUTH and every inner packet, each with a good ICV."""
from capture import Capture, fields
from case import PairCase

IKE_AUTH, INFORMATIONAL = "35", "37"
ID_INITIATOR, ID_RESPONDER, AUTH, SA, TS_INITIATOR, TS_RESPONDER, DELETE = "35", "36", "39", "33", "44", "45", "42"
ECHO_REQUEST, ECHO_REPLY = "8", "0"
MESSAGE = ("isakmp.exchangetype", "isakmp.flag_r", "isakmp.typepayload", "isakmp.id.data.fqdn")


class Decode(PairCase):

    def record(self, ike=None, esp=None):
        """A tunnel's whole life in a capture; (capture, directory of the keys)."""
        daemon = self.keypact_or_skip()
        self.configure(ike=ike, esp=esp)
        capture = Capture(self.left)
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.terminate(child="net").ok)
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        return capture.stop(), daemon.keys

    def expect_well_formed(self, capture, keys=None):
        bad = fields(capture.path, "_ws.malformed || _ws.unreassembled || isakmp.enc.iv.not_enough_data || "
                     "isakmp.enc.pad_length.big || isakmp.enc_data_length_mult_block_size", "frame.number",
                     "_ws.expert.message", keys=keys)
        self.assertEqual(bad, [])
        errors = fields(capture.path, "(isakmp || esp) && _ws.expert.severity == 8388608", "frame.number",
                        "_ws.expert.message", keys=keys)
        self.assertEqual(errors, [])

    def expect_decrypted(self, ike, esp, icv=True):
        capture, keys = self.record(ike, esp)
        self.expect_well_formed(capture, keys)
        # The Child SA's tables hold the keys of packets in both directions.
        self.assertIn("0x", (keys / "esp_sa").read_text())
        messages = fields(capture.path, "isakmp", *MESSAGE, keys=keys)
        for response, identity, payload in (("0", "left.example", ID_INITIATOR), ("1", "right.example", ID_RESPONDER)):
            (message,) = [m for m in messages if m[0] == IKE_AUTH and m[1] == response]
            inside = set(message[2].split(","))
            self.assertLessEqual({payload, AUTH, SA, TS_INITIATOR, TS_RESPONDER}, inside, message)
            self.assertIn(identity, message[3].split(","))
        deletes = [m for m in messages if m[0] == INFORMATIONAL and DELETE in m[2].split(",")]
        self.assertGreaterEqual(len(deletes), 2, messages)
        inner = fields(capture.path, "esp", "icmp.type", "tcp.len", "esp.icv_good", keys=keys)
        types = [packet[0] for packet in inner]
        self.assertGreaterEqual(types.count(ECHO_REQUEST), 2)
        self.assertGreaterEqual(types.count(ECHO_REPLY), 2)
        self.assertGreaterEqual(sum(int(packet[1]) for packet in inner if packet[1]), 40_000, "two files of 20,000 octets")
        if icv:
            self.assertEqual({packet[2] for packet in inner}, {"1"}, "esp.icv_good")

    def test_nothing_is_malformed_without_keys(self):
        self.keypact_or_skip()
        capture, _ = self.record()
        self.expect_well_formed(capture)
        seen = {row[0] for row in fields(capture.path, "isakmp", "isakmp.exchangetype")}
        self.assertLessEqual({"34", IKE_AUTH, INFORMATIONAL}, seen)

    def test_decrypts_aes_gcm(self):
        self.expect_decrypted("aes256gcm16-prfsha384-x25519", "aes256gcm16")

    def test_decrypts_aes_cbc_with_hmac(self):
        self.expect_decrypted("aes128-sha256-modp2048", "aes128-sha256")

    def test_decrypts_aes_ccm_and_aes_ctr(self):
        self.expect_decrypted("aes128ccm16-prfsha256-ecp256", "aes256ctr-sha512")

    def test_decrypts_triple_des(self):
        self.expect_decrypted("3des-sha1-modp2048", "3des-sha1")

    def test_tables_stay_readable_with_algorithms_that_wireshark_does_not_know(self):
        for esp in ("chacha20poly1305", "aes128ccm16", "aes128-aesxcbc", "aes128-aescmac"):
            capture, keys = self.record("aes128-sha256-modp2048", esp)
            messages = fields(capture.path, "isakmp", *MESSAGE, keys=keys)
            self.assertTrue(any(AUTH in m[2].split(",") for m in messages), esp)
