"""Negotiations that need a second try or a choice: INVALID_KE_PAYLOAD, COOKIE, several proposals, PRF and group lists."""
from capture import Capture, fields
from case import PairCase
from lab import wait_for
from stranger import knock

INVALID_KE_PAYLOAD, COOKIE = "17", "16390"


def proposals(*texts):
    def edit(configuration):
        configuration["connections"]["tunnel"]["proposals"] = list(texts)
    return edit


class Negotiation(PairCase):

    def notifies(self, capture):
        """The notify types of all IKE_SA_INIT responses."""
        seen = fields(capture.path, "isakmp.exchangetype == 34 && isakmp.flag_r == 1", "isakmp.notify.msgtype")
        return {number for row in seen for number in row[0].split(",")}

    def test_peer_wants_another_group_first(self):
        self.configure(initiator=proposals("aes256gcm16-prfsha384-x25519-ecp384"),
                       responder=proposals("aes256gcm16-prfsha384-ecp384"))
        with self.clean_wire() as capture:
            self.bring_up()
            self.expect_data(size=20_000)
        self.assertIn(INVALID_KE_PAYLOAD, self.notifies(capture))
        self.assertEqual(self.initiator.sas()[0]["dh-group"], "ECP_384")

    if PairCase.responder_kind == "strongswan":     # keypactd has no threshold that a test could lower
        def test_peer_demands_a_cookie(self):
            self.configure()
            self.half_open(2)
            capture = Capture(self.left)
            self.bring_up()
            capture.stop()
            self.assertIn(COOKIE, self.notifies(capture))
            self.expect_data(size=20_000)

    def prepare(self):
        if self.responder.kind == "strongswan" and "cookie" in self._testMethodName:
            self.responder.settings = "cookie_threshold = 1\n  block_threshold = 0\n  half_open_timeout = 60"

    def half_open(self, count):
        """Leaves IKE SAs at the responder that never get beyond IKE_SA_INIT."""
        for _ in range(count):
            knock(self.left, self.right.v4)
        wait_for(lambda: int(self.responder.request("stats")[0]["ikesas"]["half-open"]) >= 1, "half-open IKE SAs")

    def test_second_proposal_of_several_is_the_common_one(self):
        self.configure(initiator=proposals("aes256gcm16-prfsha512-ecp521", "aes128-sha256-ecp256", "aes256-sha512-modp4096"),
                       responder=proposals("aes192-sha384-x25519", "aes128-sha256-ecp256"))
        self.bring_up()
        self.assertEqual(self.initiator.sas()[0]["dh-group"], "ECP_256")
        self.expect_data(size=20_000)

    def test_lists_within_one_proposal(self):
        self.configure(initiator=proposals("aes256-aes128-sha512-sha256-prfsha512-prfsha256-x25519-ecp256-modp2048"),
                       responder=proposals("aes128-sha256-prfsha256-x25519"))
        self.bring_up()
        sa = self.initiator.sas()[0]
        self.assertEqual((sa["encr-keysize"], sa["integ-alg"], sa["prf-alg"]),
                         ("128", "HMAC_SHA2_256_128", "PRF_HMAC_SHA2_256"))
        self.expect_data(size=20_000)
