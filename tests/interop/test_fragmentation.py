"""IKE messages that are too large for one packet go in fragments: RFC 7383. Long identities make IKE_AUTH large."""
import contextlib

from capture import Capture, fields
from case import PairCase

IKE_AUTH = "35"
ID_INITIATOR, ID_RESPONDER, AUTH, TS_INITIATOR, SKF = "35", "36", "39", "44", "53"


def identity(side):
    return f"{side}.{'long.' * 94}example"


def long_identities(section):
    """Both names of a configuration are nearly 500 octets long, the most that charon takes; in secrets it takes less, so that these are for anybody."""
    tunnel = section["connections"]["tunnel"]
    for end in (tunnel["local"], tunnel["remote"]):
        end["id"] = identity(end["id"].split(".")[0])
    secret = section["secrets"]["ike-1"]
    del secret["id-1"], secret["id-2"]


class Fragmentation(PairCase):
    sizes = {}                          # side: octets of an IP packet

    def prepare(self):
        self.limit(400, 400)

    def limit(self, initiator, responder):
        for daemon, size in ((self.initiator, initiator), (self.responder, responder)):
            self.sizes[daemon.host.side] = size
            if daemon.kind == "keypact":
                daemon.options["--fragment-size"] = size
            else:
                daemon.settings = f"fragment_size = {size}"

    def restart(self):
        for daemon in (self.initiator, self.responder):
            daemon.stop()
            daemon.start()

    def wanting(self, value):
        def edit(section):
            section["connections"]["tunnel"]["fragmentation"] = value
        return edit

    def fragments(self, capture):
        """{side: [octets of the IP packet of each SKF]}"""
        found = {"left": [], "right": []}
        for source, length in fields(capture.path, f"isakmp.exchangetype == {IKE_AUTH} && isakmp.typepayload == {SKF}",
                                     "ip.src", "ip.len"):
            found["left" if source == self.left.v4 else "right"].append(int(length))
        return found

    def record(self, **edits):
        self.configure(both=long_identities, **edits)
        capture = Capture(self.left)
        self.bring_up()
        self.expect_data(size=20_000)
        return capture.stop()

    def expect_fragments_of_both(self, capture):
        for side, lengths in self.fragments(capture).items():
            self.assertGreaterEqual(len(lengths), 2, f"fragments from {side}")
            self.assertLessEqual(max(lengths), self.sizes[side], f"fragments from {side}")

    def test_both_messages_of_ike_auth_go_in_small_fragments(self):
        capture = self.record()
        self.expect_fragments_of_both(capture)
        (sa,) = self.initiator.established()
        self.assertEqual(sa["remote-id"], identity("right"))
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()

    def test_each_end_keeps_to_its_own_size(self):
        self.limit(600, 400)
        self.restart()
        self.expect_fragments_of_both(self.record())

    def test_fragments_over_ipv6(self):
        self.configure(both=long_identities, family=6)
        self.bring_up()
        self.expect_data(size=20_000)

    def test_one_end_does_not_want_it(self):
        for end in ("initiator", "responder"):
            found = self.fragments(self.record(**{end: self.wanting("no")}))
            self.assertEqual(found, {"left": [], "right": []}, f"the {end} does not want it")
            self.assertTrue(self.initiator.down().ok)
            self.expect_gone()

    def test_an_end_that_only_accepts_it_sends_none(self):
        for end, side in (("initiator", "left"), ("responder", "right")):
            found = self.fragments(self.record(**{end: self.wanting("accept")}))
            self.assertEqual(found.pop(side), [], f"the {end} only accepts it")
            (others,) = found.values()
            self.assertGreaterEqual(len(others), 2)
            self.assertTrue(self.initiator.down().ok)
            self.expect_gone()

    @contextlib.contextmanager
    def dropping(self, at_left, at_right):
        """Meanwhile each host drops what its rule names of what comes in from the wire."""
        for host, rule in ((self.left, at_left), (self.right, at_right)):
            for words in (("add", "table", "inet", "lab"),
                          ("add", "chain", "inet", "lab", "in", "{ type filter hook input priority 0; }"),
                          ("add", "rule", "inet", "lab", "in", f"iif wire udp dport {{ 500, 4500 }} {rule}")):
                host.nft(*words)
        try:
            yield
        finally:
            for host in (self.left, self.right):
                host.run("nft", "flush", "ruleset")

    def test_fragments_of_request_and_response_are_lost(self):
        self.configure(both=long_identities)
        # Of the five fragments of the request and the three of the response others are lost each time.
        with self.dropping("numgen inc mod 4 3 drop", "numgen inc mod 7 3 drop"):
            self.bring_up()
        self.expect_data(size=20_000)

    def test_a_path_that_drops_large_packets(self):
        keypact = self.keypact_or_skip()
        # charon does not look for a size; its own fits. IKE_SA_INIT is never cut.
        self.limit(*(1280 if daemon is keypact else 500 for daemon in (self.initiator, self.responder)))
        self.restart()
        self.configure(both=long_identities)
        narrow = "udp dport 4500 meta length 601-65535 drop"
        with self.dropping(narrow, narrow):
            self.bring_up()

    def test_tshark_decrypts_our_fragments(self):
        keypact = self.keypact_or_skip()
        capture = self.record()
        bad = fields(capture.path, "isakmp && (_ws.malformed || _ws.expert.severity == 8388608)", "frame.number",
                     "_ws.expert.message", keys=keypact.keys)
        self.assertEqual(bad, [])
        for source, identity in ((self.left, ID_INITIATOR), (self.right, ID_RESPONDER)):
            messages = fields(capture.path, f"isakmp.exchangetype == {IKE_AUTH} && ip.src == {source.v4}",
                              "isakmp.typepayload", keys=keypact.keys)
            complete = [m for m in messages if {identity, AUTH, TS_INITIATOR} <= set(m[0].split(","))]
            self.assertEqual(len(complete), 1, messages)
