"""Both ends show who they are by certificates: every kind of key, of identity and of chain."""
import shutil

from authority import give
from certificate_cases import CertificateCase
from lab import wait_for


class Certificates(CertificateCase):

    def test_rsa_of_each_length(self):
        for key in ("rsa2048", "rsa3072", "rsa4096"):
            with self.subTest(key=key):
                self.expect_tunnel(self.certify(key))

    def test_ecdsa_of_each_curve(self):
        for key in ("p256", "p384", "p521"):
            with self.subTest(key=key):
                self.expect_tunnel(self.certify(key))

    def test_brainpool(self):
        self.expect_tunnel(self.certify("brainpool256"))

    def test_edwards_curves(self):
        for key in ("ed25519", "ed448"):
            with self.subTest(key=key):
                self.expect_tunnel(self.certify(key))

    def test_hash_that_the_configuration_names(self):
        self.expect_tunnel(self.certify("rsa2048"), words="ike:rsa-sha384")
        self.expect_tunnel(self.certify("p256"), words="ike:ecdsa-sha512")

    def test_rsassa_pss(self):
        self.expect_tunnel(self.certify("rsa2048"), words="ike:rsa/pss-sha512")

    @staticmethod
    def without_own_id(configuration):
        connection = configuration["connections"]["tunnel"]
        side = connection["local"].pop("id").split(".")[0]
        connection["local"]["certs"] = f"{side}-p256.pem"
        return connection

    def test_the_identity_is_the_subject_where_none_is_configured(self):
        def no_own_id(configuration):
            connection = self.without_own_id(configuration)
            side = connection["remote"]["id"].split(".")[0]
            connection["remote"]["id"] = f'"C=CH, O=Example, CN={side}-p256"'
        self.expect_tunnel(self.certify(), both=no_own_id)

    def test_a_subject_with_wildcards(self):
        def any_of_the_organisation(configuration):
            connection = self.without_own_id(configuration)
            connection["remote"]["id"] = '"C=CH, O=Example, CN=*"'
        self.expect_tunnel(self.certify(), both=any_of_the_organisation)

    def test_identities_that_are_addresses_and_mailboxes(self):
        certificates = {
            "left": self.authority.make("left", names=(f"IP:{self.left.v4}",), issuer=self.root),
            "right": self.authority.make("right", names=("email:right@example.org",), issuer=self.root)}
        names = {"left": str(self.left.v4), "right": "right@example.org"}

        def by_kind(configuration):
            connection = configuration["connections"]["tunnel"]
            for side in ("local", "remote"):
                connection[side]["id"] = names[connection[side]["id"].split(".")[0]]
        self.expect_tunnel(certificates, both=by_kind)

    def test_an_intermediate_authority_that_the_peer_sends(self):
        middle = self.authority.make("middle", issuer=self.root, extensions=("basicConstraints=critical,CA:TRUE,pathlen:0",
                                                                             "keyUsage=critical,keyCertSign,cRLSign"))
        certificates = self.certify(issuer=middle)
        for daemon in (self.initiator, self.responder):
            give(daemon, certificates[daemon.host.side], [self.root], [middle])
        self.expect_tunnel(certificates, untrusted=[middle])

    def test_long_chains_go_in_fragments(self):
        issuer, chain = self.root, []
        for depth in range(4):
            issuer = self.authority.make(f"ca{depth}", "rsa4096", issuer, extensions=("basicConstraints=critical,CA:TRUE",
                                                                                    "keyUsage=critical,keyCertSign,cRLSign"))
            chain.append(issuer)
        self.expect_tunnel(self.certify("rsa4096", issuer), untrusted=chain)

    def test_one_end_by_certificate_the_other_by_shared_key(self):
        certificates = self.certify()
        for daemon in (self.initiator, self.responder):
            give(daemon, certificates["right"] if daemon is self.responder else None, [self.root])

        def certificate_of_the_responder(configuration):
            connection = configuration["connections"]["tunnel"]
            for side in ("local", "remote"):
                if connection[side]["id"].startswith("right"):
                    connection[side]["auth"] = "pubkey"
        self.configure(both=certificate_of_the_responder)
        self.bring_up()
        self.expect_data(size=20_000)

    def exchange_public_keys(self, certificates, mistaken=None, signer=None):
        """Raw public keys instead of certificates: each end has its own and the other's, and no CA. The daemon `mistaken` has another
        key of `signer` than that one's own."""
        for daemon in (self.initiator, self.responder):
            give(daemon, certificates[daemon.host.side], public_keys=certificates.values())
            (daemon.credentials_folder() / "x509" / f"{certificates[daemon.host.side].name}.pem").unlink()
        if mistaken:
            another = self.authority.make("another", issuer=self.root)
            shutil.copy(another.public, mistaken.credentials_folder() / "pubkey" / f"{signer}-p256.pem")

        def by_public_key(configuration):
            connection = configuration["connections"]["tunnel"]
            for side in ("local", "remote"):
                name = connection[side]["id"].split(".")[0]
                connection[side].update(auth="pubkey", pubkeys=f"{name}-p256.pem")
            del configuration["secrets"]
        self.configure(both=by_public_key)

    def test_raw_public_keys(self):
        self.exchange_public_keys(self.certify())
        self.bring_up()
        self.expect_data(size=20_000)

    def test_a_raw_public_key_that_the_other_end_does_not_have(self):
        certificates = self.certify()
        for refuser, signer in ((self.responder, "left"), (self.initiator, "right")):
            with self.subTest(signer=signer):
                self.exchange_public_keys(certificates, refuser, signer)
                self.assertFalse(self.initiator.up("net", 15).ok)
                for each in (self.initiator, self.responder):
                    wait_for(lambda d=each: not d.installed(), f"nothing installed on {each.host.side}")
                if refuser.kind == "keypact":
                    wait_for(lambda d=refuser: "no public key that the configuration has for it made its signature" in d.log_since_mark(),
                             "the log names the key")
        # With the right keys, and nothing else changed, it comes up.
        self.exchange_public_keys(certificates)
        self.bring_up()

    def test_rekeyed(self):
        self.authenticate(self.certify())
        self.bring_up()
        self.expect_rekeyings(self.initiator)

    # What must fail, fails, and keypactd says why in one sentence that names the certificate.

    def test_a_certificate_of_another_root(self):
        other = self.authority.make("other")
        for side, refuser in (("left", "right"), ("right", "left")):
            certificates = self.certify()
            certificates[side] = self.authority.make("stranger", issuer=other, names=(f"DNS:{side}.example",))
            with self.subTest(side=side):
                self.expect_refusal(refuser, "CN=stranger", certificates)

    def test_an_identity_that_the_certificate_does_not_hold(self):
        certificates = self.certify()
        certificates["right"] = self.authority.make("somebody", issuer=self.root, names=("DNS:somebody.example",))
        # charon looks for a certificate that holds it first, and has none.
        self.expect_refusal("left", "somebody.example" if self.responder.kind == "keypact" else None, certificates)

    def test_a_certificate_that_was_revoked(self):
        certificates = self.certify()
        lists = [self.authority.revocation_list(self.root, [certificates["left"]])]
        self.expect_refusal("right", "it was revoked on 2026-01-01 00:00 UTC (keyCompromise)", certificates, lists=lists)

    def test_revocation_that_must_be_known(self):
        def strict(configuration):
            configuration["connections"]["tunnel"]["remote"]["revocation"] = "strict"
        certificates = self.certify()
        self.expect_refusal("right", "whether it is revoked is not known: no CRL of its issuer is at hand", certificates, both=strict)
        self.expect_tunnel(certificates, both=strict, lists=[self.authority.revocation_list(self.root)])

    def test_an_end_entity_that_issued_another_one(self):
        certificates = self.certify()
        mallory = self.authority.make("mallory", issuer=self.root, names=("DNS:mallory.example",),
                                      extensions=("basicConstraints=critical,CA:FALSE",))
        certificates["left"] = self.authority.make("forged", issuer=mallory, names=("DNS:left.example",))
        self.expect_refusal("right", "mallory", certificates, untrusted=[mallory])
