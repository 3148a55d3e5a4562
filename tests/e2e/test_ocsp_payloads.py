"""A peer is asked to send what an OCSP responder says of its certificate, and does (RFC 4806): whoever asks needs to reach no responder."""
from certificate_cases import CertificateCase
from lab import wait_for

OUTER = "192.0.2.0/24"


class OcspPayloads(CertificateCase):

    keeps_pair = False

    def prepare(self):
        # Who asks the peer fetches nothing itself.
        self.initiator.options["--fetch-timeout"] = 0
        self.responder.options["--fetch-from"] = OUTER

    def strict_initiator(self, word):
        def change(configuration):
            tunnel = configuration["connections"]["tunnel"]
            if tunnel["local"]["id"].startswith("left"):
                tunnel["remote"]["revocation"] = "strict"
                tunnel["ocsp"] = word
        return change

    def with_responder(self, certificates, **of):
        process = self.authority.responder(self.right, self.root, self.root, **of)
        self.addCleanup(process.stop)
        wait_for(lambda: "waiting for OCSP client" in process.log_path.read_text(), "the responder listens")
        return certificates

    def certificates(self):
        found = self.certify()
        found["right"] = self.authority.make("right-asked", issuer=self.root, names=("DNS:right.example",),
                                             extensions=(f"authorityInfoAccess=OCSP;URI:http://{self.right.v4}:8081/",))
        return found

    def test_the_peer_sends_what_the_responder_says(self):
        certificates = self.certificates()
        self.with_responder(certificates, valid=[certificates["right"]])
        for word in ("request", "both"):
            with self.subTest(word):
                self.expect_tunnel(certificates, both=self.strict_initiator(word))

    def test_who_does_not_ask_gets_none(self):
        certificates = self.certificates()
        self.with_responder(certificates, valid=[certificates["right"]])
        for word in ("never", "reply"):
            with self.subTest(word):
                self.authenticate(certificates, both=self.strict_initiator(word))
                self.assertFalse(self.initiator.up("net", 15).ok)
                self.assertIn("no CRL of its issuer is at hand", self.initiator.log_since_mark())

    def test_a_peer_that_was_revoked_sends_none(self):
        certificates = self.certificates()
        self.with_responder(certificates, revoked=[certificates["right"]])
        self.authenticate(certificates, both=self.strict_initiator("request"))
        self.assertFalse(self.initiator.up("net", 15).ok)
        self.assertIn("whether it is revoked is not known", self.initiator.log_since_mark())
