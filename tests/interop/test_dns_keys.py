"""Peers whose public key is in the DNS: it counts when it is signed. RFC 4025, RFC 4035."""
import unittest

from authority import Authority, give
from case import PairCase
from lab import wait_for
from signed_zone import SignedZone, use_loopback


class DnsKeys(PairCase):
    """keypactd asks the DNS for the key of its peer, which has ours in a file."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)

    def setUp(self):
        super().setUp()
        self.vici_or_skip(self.initiator, self.responder)
        self.asks = self.keypact_or_skip()
        self.peer = self.responder if self.asks is self.initiator else self.initiator
        self.name = self.peer.host.side

    def tearDown(self):
        super().tearDown()
        for daemon in (self.initiator, self.responder):
            give(daemon)

    def keys_of_both(self, kind="p256"):
        return {side: self.authority.make(f"{side}-{kind}", kind) for side in ("left", "right")}

    def serve(self, kind="p256", published=None, **options):
        """Its name server, and keypactd that asks it; `published`: another key than the peer has."""
        keys = self.keys_of_both(kind)
        zone = SignedZone(self.asks.host, "example", {self.name: published or keys[self.name]}, **options)
        use_loopback(self.asks.host)
        self.asks.stop()
        self.asks.options.update({"--trust-anchor": zone.trust_anchor, "--fetch-timeout": 4})
        self.asks.start()
        return keys

    def configure_keys(self, keys, dns="secure", identity=None):
        for daemon in (self.asks, self.peer):
            give(daemon, public_keys=keys.values() if daemon is self.peer else [keys[daemon.host.side]])
            (daemon.credentials_folder() / "private" / "own.pem").write_text(keys[daemon.host.side].key.read_text())

        def by_raw_keys(configuration):
            connection = configuration["connections"]["tunnel"]
            del configuration["secrets"]
            for side in ("local", "remote"):
                connection[side]["auth"] = "pubkey"

        def change(daemon, end):
            def edit(configuration):
                by_raw_keys(configuration)
                connection = configuration["connections"]["tunnel"]
                own = daemon.host.side
                connection["local"]["pubkeys"] = f"{keys[own].name}.pem"
                if daemon is self.asks:
                    connection["remote"]["dns_keys"] = dns
                else:
                    connection["remote"]["pubkeys"] = f"{keys[self.asks.host.side].name}.pem"
                if identity:
                    connection["local" if daemon is self.peer else "remote"]["id"] = identity
            return {end: edit}
        self.configure(**change(self.initiator, "initiator"), **change(self.responder, "responder"))

    def expect_tunnel(self):
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def expect_refusal(self, sentence):
        outcome = self.initiator.up("net", 15)
        self.assertFalse(outcome.ok, outcome.text)
        wait_for(lambda: sentence in self.asks.log_since_mark(), f"the log says: {sentence}")
        self.expect_gone()

    def test_ecdsa(self):
        self.configure_keys(self.serve())
        self.expect_tunnel()

    def test_rsa(self):
        self.configure_keys(self.serve("rsa2048"))
        self.expect_tunnel()

    def test_ed25519(self):
        self.configure_keys(self.serve("ed25519"))
        self.expect_tunnel()

    def test_another_key_is_published(self):
        self.configure_keys(self.serve(published=self.authority.make("other")))
        self.expect_refusal("that the DNS has for it")

    def test_what_is_forged_is_refused(self):
        keys = self.keys_of_both()
        forged = self.serve(published=keys[self.name], forged={self.name: self.authority.make("mallory")})
        self.configure_keys(forged)
        self.expect_refusal("does not fit its signatures (DNSSEC)")

    def test_what_is_forged_is_refused_where_unsigned_keys_are_allowed(self):
        keys = self.keys_of_both()
        forged = self.serve(published=keys[self.name], forged={self.name: self.authority.make("mallory")})
        self.configure_keys(forged, dns="insecure")
        self.expect_refusal("does not fit its signatures (DNSSEC)")

    def test_signatures_that_were_taken_away(self):
        self.configure_keys(self.serve(is_signed=False))
        self.expect_refusal("does not fit its signatures (DNSSEC)")

    def unsigned_zone(self):
        keys = self.keys_of_both()
        zone = SignedZone(self.asks.host, "plain", {self.name: keys[self.name]}, is_signed=False)
        anchor = self.asks.host.dir / "anchor-of-others"
        anchor.write_text(zone.trust_anchor.read_text().replace("plain.", "signed."))
        use_loopback(self.asks.host)
        self.asks.stop()
        self.asks.options.update({"--trust-anchor": anchor, "--fetch-timeout": 4})
        self.asks.start()
        return keys

    def test_unsigned_keys_are_refused(self):
        self.configure_keys(self.unsigned_zone(), identity=f"{self.name}.plain")
        self.expect_refusal("is not signed (DNSSEC), so that anybody can have said it")

    def test_unsigned_keys_are_taken_where_they_are_allowed(self):
        self.configure_keys(self.unsigned_zone(), dns="insecure", identity=f"{self.name}.plain")
        self.expect_tunnel()

    def test_no_key_is_published(self):
        self.configure_keys(self.serve(), identity="nobody.example")
        self.expect_refusal("the DNS has no record of the wanted type for nobody.example")

    def test_a_silent_name_server(self):
        keys = self.serve()
        self.asks.host.nft("add table inet silence; add chain inet silence in { type filter hook input priority 0; }; "
                           "add rule inet silence in udp dport 53 drop; add rule inet silence in tcp dport 53 drop")
        self.configure_keys(keys)
        self.expect_refusal("did not answer")
        self.asks.host.nft("delete table inet silence")


if __name__ == "__main__":
    unittest.main()
