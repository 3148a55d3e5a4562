"""Child SAs that are protected in other ways than by ESP in tunnel or transport mode: AH, IPComp before either, BEET mode."""
from capture import Capture, classify
from case import PairCase
from kernel_esp import states
from lab import wait_for


def of_child(**settings):
    def edit(configuration):
        configuration["connections"]["tunnel"]["children"]["net"].update(settings)
    return edit


AH = {"esp_proposals": None, "ah_proposals": "sha256-x25519"}
BETWEEN_HOSTS = {"mode": "transport", "local_ts": None, "remote_ts": None}


class Protection(PairCase):

    keeps_pair = False

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            if not daemon.needs_kernel_esp and getattr(daemon, "backend", None) != "kernel":
                self.skipTest("AH, IPComp and BEET mode are the kernel's")
            if daemon.kind.startswith("strongswan"):
                daemon.settings = "send_vendor_id = yes"    # else it does not know its own numbers of private use

    def expect_all(self, key, value):
        for daemon in (self.initiator, self.responder):
            self.assertEqual([child.get(key) for child in daemon.installed("net")], [value], f"{key} of {daemon.kind}")

    def expect_pings(self, family, between="inner", size=56):
        for source, target in ((self.left, self.right), (self.right, self.left)):
            here, there = (getattr(host, between)(family) for host in (source, target))
            self.assertEqual(source.ping(here, there, size=size), 2, f"from {source.side}")

    def rekey_by_either_end(self):
        for daemon in (self.initiator, self.responder):
            before = daemon.installed("net")[0]["spi-in"]
            self.assertTrue(daemon.rekey("child").ok)
            wait_for(lambda d=daemon, b=before: [c["spi-in"] for c in d.installed("net")] not in ([], [b])
                     and len(d.installed("net")) == 1, "the rekeying", 20)

    def kinds_on_the_wire(self, what):
        """What goes out at the left end meanwhile."""
        capture = Capture(self.left, outgoing=True)
        what()
        return {classify(frame) for frame in capture.stop().frames()} - {"housekeeping", "IKE"}

    def test_ah_in_tunnel_mode(self):
        self.configure(both=of_child(**AH), ike="aes256-sha256-x25519")
        self.bring_up()
        self.expect_all("protocol", "AH")
        self.expect_all("integ-alg", "HMAC_SHA2_256_128")
        self.assertEqual(self.kinds_on_the_wire(lambda: self.expect_pings(4)), {"IP protocol 51"})
        self.rekey_by_either_end()
        self.expect_all("protocol", "AH")
        self.expect_pings(4)
        self.expect_counted()
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()

    def test_ah_in_transport_mode_ipv6(self):
        self.configure(both=of_child(**AH, **BETWEEN_HOSTS), family=6, inner=(6,))
        self.bring_up()
        self.expect_all("protocol", "AH")
        self.expect_all("mode", "TRANSPORT")
        self.expect_pings(6, "outer")

    def test_ah_with_every_integrity(self):
        for word in ("sha1", "sha384", "sha512", "aesxcbc", "aescmac"):
            self.configure(both=of_child(**AH | {"ah_proposals": word}))
            self.bring_up()
            self.expect_all("protocol", "AH")
            self.expect_pings(4)
            self.assertTrue(self.initiator.down().ok)
            self.expect_gone()

    def test_esp_is_taken_where_one_end_has_no_ah(self):
        both = {"esp_proposals": "aes128gcm16-x25519", "ah_proposals": "sha256-x25519"}
        self.configure(initiator=of_child(**both), responder=of_child(esp_proposals=both["esp_proposals"]))
        self.bring_up()
        self.expect_all("protocol", "ESP")
        self.expect_pings(4)

    def compressed(self, mode, options, family, between):
        self.configure(both=of_child(ipcomp="yes", **options), family=family, inner=(family,))
        self.bring_up()
        self.expect_all("mode", mode)
        for _ in range(2):
            for daemon in (self.initiator, self.responder):
                found = {state["proto"]: state for state in states(daemon.host)}
                self.assertLessEqual({"esp", "comp"}, set(found), daemon.kind)
            self.expect_pings(family, between)      # too small to become smaller
            before = self.octets_out()
            self.expect_pings(family, between, 1200)
            self.assertLess(self.octets_out() - before, 8 * 600, "what repeats itself was not compressed")
            self.rekey_by_either_end()
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        for host in (self.left, self.right):
            self.assertEqual([state for state in states(host) if state["proto"] == "comp"], [], host.side)

    def octets_out(self):
        return sum(int(daemon.installed("net")[0]["bytes-out"]) for daemon in (self.initiator, self.responder))

    def test_ipcomp_in_tunnel_mode(self):
        self.compressed("TUNNEL", {}, 4, "inner")

    def test_ipcomp_in_tunnel_mode_ipv6(self):
        self.compressed("TUNNEL", {}, 6, "inner")

    def test_ipcomp_in_transport_mode(self):
        self.compressed("TRANSPORT", BETWEEN_HOSTS, 4, "outer")

    def test_ipcomp_that_one_end_does_not_want(self):
        self.configure(initiator=of_child(ipcomp="yes"))
        self.bring_up()
        self.expect_pings(4)
        ours = self.keypact_or_skip()
        self.assertEqual([state for state in states(ours.host) if state["proto"] == "comp"], [])

    def test_beet_mode(self):
        self.vici_or_skip(self.initiator, self.responder)
        for family in (4, 6):
            def edit(configuration, family=family):
                child = configuration["connections"]["tunnel"]["children"]["net"]
                ours = self.left if configuration["connections"]["tunnel"]["local"]["id"] == "left.example" else self.right
                child |= {"mode": "beet", "local_ts": ours.inner(family),
                          "remote_ts": self.lab.peer_of(ours).inner(family)}
            self.configure(both=edit, family=family, inner=(family,))
            self.bring_up()
            self.expect_all("mode", "BEET")
            self.assertEqual(self.kinds_on_the_wire(lambda f=family: self.expect_pings(f)), {"ESP"})
            self.rekey_by_either_end()
            self.expect_all("mode", "BEET")
            self.expect_data(inner=(family,), size=50_000)
            self.expect_counted()
            self.assertTrue(self.initiator.down().ok)
            self.expect_gone()

    def test_beet_mode_that_one_end_does_not_want(self):
        self.vici_or_skip(self.initiator, self.responder)
        self.configure(initiator=of_child(mode="beet"))
        self.bring_up()
        self.expect_all("mode", "TUNNEL")
        self.expect_pings(4)
