"""Cases in which the initiator authenticates itself by EAP, and the responder by its certificate."""
from authority import give
from certificate_cases import CertificateCase
from lab import wait_for

PASSWORD = "Wonderland-7"
CAROL = "carol@example.org"


def by_certificate(method):
    return method == "eap-tls"


def password_of(identity, password):
    return {"eap-1": {"id": identity, "secret": f'"{password}"'}}


class EapCase(CertificateCase):

    def setUp(self):
        super().setUp()
        self.vici_or_skip(self.initiator, self.responder)

    def certificate_of_the_gateway(self):
        return self.authority.make("right", "p256", self.root, ("DNS:right.example",))

    def certificate_of_carol(self, key="p256", **options):
        return self.authority.make("carol", key, **{"issuer": self.root, "names": (f"email:{CAROL}",), **options})

    def configure_eap(self, method, password=PASSWORD, known=PASSWORD, identity=CAROL, client=None, gateway=None, asks=True,
                      certificate=None, untrusted=(), **site_options):
        """The gateway has a certificate; the client a password, or with EAP-TLS a certificate too. `known` is the password that the
        gateway knows, `client` and `gateway` change the configuration of that end."""
        give(self.responder, self.certificate_of_the_gateway(), [self.root])
        own = (certificate or self.certificate_of_carol()) if by_certificate(method) else None
        give(self.initiator, own, [self.root], untrusted)

        def asks_in(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["local"] = {"auth": method, "id": "left.example", "eap_id": identity}
            connection["remote"] = {"auth": "pubkey", "id": "right.example"}
            configuration["secrets"] = {} if by_certificate(method) else password_of(identity, password)
            if client:
                client(configuration)

        def lets_in(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["local"] = {"auth": "pubkey", "id": "right.example"}
            connection["remote"] = {"auth": method, "id": "%any"}
            if asks:
                connection["remote"]["eap_id"] = "%any"
            configuration["secrets"] = {} if by_certificate(method) else password_of(identity, known)
            if gateway:
                gateway(configuration)
        self.configure(initiator=asks_in, responder=lets_in, **site_options)

    def expect_tunnel_by_eap(self):
        self.bring_up()
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def expect_refusal_of_eap(self, at_the_client=None, at_the_gateway=None):
        """It does not come up, nothing is left, and keypactd, where it is one of the two, says the sentence of its side."""
        outcome = self.initiator.up("net", 15)
        self.assertFalse(outcome.ok, f"the tunnel came up:\n{outcome.text}")
        for daemon, sentence in ((self.initiator, at_the_client), (self.responder, at_the_gateway)):
            wait_for(lambda d=daemon: not d.installed(), f"nothing installed on {daemon.host.side}")
            if sentence and daemon.kind == "keypact":
                wait_for(lambda d=daemon, s=sentence: s in d.log_since_mark(), f"the log of {daemon.host.side} says: {sentence}")
        # charon, when it answers, hears of an end only once the IKE SA is established.
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: not (d.sas() if d.kind == "keypact" else d.established()), f"no SA left on {daemon.host.side}")
