"""Cases in which both ends show who they are by certificates of an authority of their own."""
from authority import Authority, give
from case import PairCase
from lab import wait_for


class CertificateCase(PairCase):

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.root = cls.authority.make("root")

    def tearDown(self):
        super().tearDown()
        for daemon in (self.initiator, self.responder):
            give(daemon)

    def certify(self, key="p256", issuer=None, **options):
        """A certificate for either side, whose name is the side's identity."""
        return {side: self.authority.make(f"{side}-{key}", key, issuer or self.root, (f"DNS:{side}.example",), **options)
                for side in ("left", "right")}

    def authenticate(self, certificates, trusted=None, untrusted=(), both=None, words="pubkey", lists=(), **site_options):
        """Certificates and configurations to both ends."""
        for daemon in (self.initiator, self.responder):
            give(daemon, certificates[daemon.host.side], trusted or [self.root], untrusted, revocation_lists=lists)

        def by_certificate(configuration):
            connection = configuration["connections"]["tunnel"]
            for side in ("local", "remote"):
                connection[side]["auth"] = words
            del configuration["secrets"]
            if both:
                both(configuration)
        self.configure(both=by_certificate, **site_options)

    def expect_tunnel(self, certificates, **options):
        self.authenticate(certificates, **options)
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def expect_refusal(self, refuser, sentence, certificates, **options):
        """`refuser` is the side that does not accept; when keypactd is there it says so."""
        if refuser == "left":
            self.skip_if_unable(self.initiator, "tell whom it refuses")
        self.authenticate(certificates, **options)
        outcome = self.initiator.up("net", 15)
        self.assertFalse(outcome.ok, f"the tunnel came up:\n{outcome.text}")
        for each in (self.initiator, self.responder):
            wait_for(lambda d=each: not d.installed(), f"nothing installed on {each.host.side}")
        daemon = self.initiator if refuser == "left" else self.responder
        if sentence and daemon.kind == "keypact":
            wait_for(lambda: sentence in daemon.log_since_mark(), f"the log says: {sentence}")
        self.authenticate(self.certify())
        self.expect_gone()
        self.bring_up()
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()
