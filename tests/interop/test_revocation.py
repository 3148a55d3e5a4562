"""Whether a certificate was revoked is asked of the places that it names: CRLs by HTTP, OCSP responders, servers that behave badly."""
import contextlib
import threading
import time

from certificate_cases import CertificateCase
from documents import DocumentServer
from lab import wait_for
from settings import PSK

OUTER = "192.0.2.0/24"              # the hosts of a lab: not public
TIMEOUT = 3


class Revocation(CertificateCase):
    """keypactd asks about the certificate of the other end; the server is there too."""

    keeps_pair = False

    def prepare(self):
        self.verifier = self.keypact_or_skip()
        self.refuser = self.verifier.host.side
        self.other = self.lab.peer_of(self.verifier.host)
        self.verifier.options["--fetch-timeout"] = TIMEOUT
        if self._testMethodName not in ("test_an_address_that_is_not_public", "test_a_name_of_this_machine"):
            self.verifier.options["--fetch-from"] = OUTER
        self.server = DocumentServer(self.other, str(self.other.v4))
        self.addCleanup(self.server.close)

    def certify_with_list(self, uri=None):
        """The certificate of the other end says where the CRL of the root is."""
        certificates = self.certify()
        name = f"{self.other.side}-named"
        certificates[self.other.side] = self.authority.make(
            name, issuer=self.root, names=(f"DNS:{self.other.side}.example",),
            extensions=(f"crlDistributionPoints=URI:{uri or self.server.uri + '/root.crl'}",))
        return certificates

    def list_of(self, issuer, revoked=(), **options):
        return self.authority.revocation_list(issuer, revoked, **options).read_bytes()

    def verify(self, policy):
        """What is wanted to be known of the other end."""
        def change(configuration):
            remote = configuration["connections"]["tunnel"]["remote"]
            if remote["id"].startswith(self.other.side):
                remote["revocation"] = policy
        return change

    def expect_not_known(self, certificates, why):
        self.expect_refusal(self.refuser, why, certificates, both=self.verify("strict"))

    def test_a_list_is_fetched_once_for_all(self):
        certificates = self.certify_with_list()
        self.server.serve["/root.crl"] = self.list_of(self.root)
        for _ in range(2):
            self.expect_tunnel(certificates, both=self.verify("strict"))
        self.assertEqual(self.server.asked, ["/root.crl"])

    def test_a_certificate_that_the_list_names(self):
        certificates = self.certify_with_list()
        self.server.serve["/root.crl"] = self.list_of(self.root, [certificates[self.other.side]])
        for policy in ("strict", "ifuri", "relaxed"):
            with self.subTest(policy=policy):
                self.expect_refusal(self.refuser, "it was revoked on 2026-01-01 00:00 UTC (keyCompromise)", certificates,
                                    both=self.verify(policy))
        self.assertEqual(self.server.asked, ["/root.crl"])

    def test_a_server_that_is_silent_delays_nobody_else(self):
        certificates = self.certify_with_list()
        self.server.serve["/root.crl"] = self.server.silent
        strict = self.verify("strict")

        def with_another(configuration):
            """The same two hosts, by a shared key, for IPv6."""
            strict(configuration)
            tunnel = configuration["connections"]["tunnel"]
            left, right = self.left, self.right
            ours = left if tunnel["local"]["id"].startswith("left") else right
            theirs = self.lab.peer_of(ours)
            configuration["connections"]["another"] = {
                **tunnel, "local": {"auth": "psk", "id": f"{ours.side}.another"},
                "remote": {"auth": "psk", "id": f"{theirs.side}.another"},
                "children": {"quick": {**tunnel["children"]["net"], "local_ts": ours.net6, "remote_ts": theirs.net6}}}
            configuration["secrets"] = {"ike-1": {"id-1": "left.another", "id-2": "right.another", "secret": PSK}}
        self.authenticate(certificates, both=with_another)
        outcome = []
        began = time.monotonic()
        thread = threading.Thread(target=lambda: outcome.append((self.initiator.up("net", 15), time.monotonic() - began)))
        thread.start()
        wait_for(lambda: self.server.asked, "the server is asked")
        self.assertTrue(self.initiator.up("quick", TIMEOUT).ok)
        self.assertTrue(thread.is_alive(), "the other one is still being verified")
        self.assertLess(time.monotonic() - began, TIMEOUT)
        thread.join()
        (up, took), = outcome
        self.assertFalse(up.ok)
        self.assertGreater(took, TIMEOUT - 0.5)
        sentence = f"{self.server.uri}/root.crl: no answer within {TIMEOUT} s"
        wait_for(lambda: sentence in self.verifier.log_since_mark(), f"the log says: {sentence}")

    def test_a_server_that_is_silent_matters_only_to_those_who_must_know(self):
        self.server.serve["/root.crl"] = self.server.silent
        self.expect_tunnel(self.certify_with_list(), both=self.verify("relaxed"))
        self.expect_not_known(self.certify_with_list(), f"no answer within {TIMEOUT} s")

    def test_servers_that_never_come_to_an_end(self):
        for name in ("trickle", "endless"):
            with self.subTest(name):
                self.server.serve[f"/{name}"] = getattr(self.server, name)
                certificates = self.certify_with_list(f"{self.server.uri}/{name}")
                self.expect_not_known(certificates, {"trickle": f"no answer within {TIMEOUT} s",
                                                     "endless": "it is longer than 4194304 octets"}[name])

    def test_lists_that_are_none(self):
        other = self.authority.make("other")
        forger = self.authority.make("root-of-a-forger", subject="/C=CH/O=Example/CN=root")
        for path, octets, why in (
                ("/nothing", None, "the server answers 404"),
                ("/empty", b"", "the answer is empty"),
                ("/junk", b"junk", "it is not one CRL in DER or PEM"),
                ("/long", b"0" * (4 * 1024 * 1024 + 1), "it is longer than 4194304 octets"),
                ("/other", self.list_of(other), 'it is of "C=CH, O=Example, CN=other", another issuer'),
                ("/forged", self.list_of(forger), "it is not signed by the issuer of the certificate"),
                ("/stale", self.list_of(self.root, dates=("20250101000000Z", "20250201000000Z")), "it was to be renewed on 2025-02-01 00:00 UTC")):
            with self.subTest(path):
                self.server.serve[path] = octets
                self.expect_not_known(self.certify_with_list(self.server.uri + path), f"{path}: {why}")

    def test_redirections(self):
        self.server.serve["/root.crl"] = self.list_of(self.root)
        self.server.serve["/once"] = self.server.redirect("/root.crl")
        self.server.serve["/loop"] = self.server.redirect("/loop")
        self.server.serve["/file"] = self.server.redirect("file:///etc/passwd")
        self.expect_tunnel(self.certify_with_list(self.server.uri + "/once"), both=self.verify("strict"))
        self.expect_not_known(self.certify_with_list(self.server.uri + "/loop"), "/loop: it leads on more than 3 times")
        self.expect_not_known(self.certify_with_list(self.server.uri + "/file"), "/file: it leads elsewhere than to HTTP")
        self.assertEqual(self.server.asked.count("/loop"), 4)

    def test_an_address_that_is_not_public(self):
        self.server.serve["/root.crl"] = self.list_of(self.root)
        self.expect_not_known(self.certify_with_list(), f"it leads to {self.other.v4}, which is not public")
        self.assertEqual(self.server.asked, [])

    def test_a_name_of_this_machine(self):
        for address in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
            with self.subTest(address):
                self.expect_not_known(self.certify_with_list(f"http://{address}:8080/root.crl"), "which is not public")

    def test_places_of_the_configuration_go_first_and_may_be_files(self):
        """The server is not asked."""
        certificates = self.certify_with_list()
        verify = self.verify("strict")

        def change(configuration):
            verify(configuration)
            configuration["authorities"] = {"root": {"cacert": "root.pem", "crl_uris": f"file://{path}"}}
        path = self.authority.revocation_list(self.root)
        self.expect_tunnel(certificates, both=change)
        path = self.authority.revocation_list(self.root, [certificates[self.other.side]])
        self.verifier.request("flush-certs")
        self.expect_refusal(self.refuser, "it was revoked on 2026-01-01 00:00 UTC (keyCompromise)", certificates, both=change)
        self.assertEqual(self.server.asked, [])

    def test_what_was_fetched_is_listed_and_dropped(self):
        certificates = self.certify_with_list()
        self.server.serve["/root.crl"] = self.list_of(self.root)
        self.expect_tunnel(certificates, both=self.verify("strict"))
        wanted = {"type": "X509_CRL"}
        _, listed = self.verifier.request("list-certs", wanted, event="list-cert")
        self.assertEqual([(each["type"], each["flag"]) for each in listed], [("X509_CRL", "NONE")])
        self.verifier.request("flush-certs")
        _, listed = self.verifier.request("list-certs", wanted, event="list-cert")
        self.assertEqual(listed, [])
        self.expect_tunnel(certificates, both=self.verify("strict"))
        self.assertEqual(self.server.asked, ["/root.crl"] * 2)

    # OCSP.

    def certify_with_responder(self, uri=None, more=()):
        certificates = self.certify()
        certificates[self.other.side] = self.authority.make(
            f"{self.other.side}-asked", issuer=self.root, names=(f"DNS:{self.other.side}.example",),
            extensions=(f"authorityInfoAccess=OCSP;URI:{uri or f'http://{self.other.v4}:8081/'}", *more))
        return certificates

    @contextlib.contextmanager
    def ocsp_responder(self, signer, **of):
        process = self.authority.responder(self.other, self.root, signer, **of)
        try:
            # A connection that only looks whether it listens would bring openssl(1) to a halt.
            wait_for(lambda: "waiting for OCSP client" in process.log_path.read_text(), "the responder listens")
            yield
        finally:
            process.stop()

    def test_a_responder_that_says_good(self):
        certificates = self.certify_with_responder()
        with self.ocsp_responder(self.root, valid=[certificates[self.other.side]]):
            self.expect_tunnel(certificates, both=self.verify("strict"))
        self.expect_tunnel(certificates, both=self.verify("strict"))  # its answer is kept

    def test_a_responder_whom_the_issuer_named(self):
        certificates = self.certify_with_responder()
        for name, purpose, good in (("named", "OCSPSigning", True), ("unnamed", "serverAuth", False)):
            signer = self.authority.make(name, issuer=self.root, extensions=(f"extendedKeyUsage={purpose}",))
            self.verifier.request("flush-certs")
            with self.subTest(name), self.ocsp_responder(signer, valid=[certificates[self.other.side]]):
                if good:
                    self.expect_tunnel(certificates, both=self.verify("strict"))
                else:
                    self.expect_not_known(certificates, 'its signer "C=CH, O=Example, CN=unnamed" has not id-kp-OCSPSigning')

    def test_a_responder_that_says_revoked(self):
        certificates = self.certify_with_responder()
        with self.ocsp_responder(self.root, revoked=[certificates[self.other.side]]):
            self.expect_refusal(self.refuser, "it was revoked on 2026-01-01 00:00 UTC (keyCompromise)", certificates,
                                both=self.verify("relaxed"))

    def test_a_list_where_the_responder_knows_nothing(self):
        certificates = self.certify_with_responder(more=(f"crlDistributionPoints=URI:{self.server.uri}/root.crl",))
        self.server.serve["/root.crl"] = self.list_of(self.root)
        with self.ocsp_responder(self.root):
            self.expect_tunnel(certificates, both=self.verify("strict"))
        self.assertEqual(self.server.asked, ["/root.crl"])

    def test_responders_that_are_none(self):
        for path, octets, why in (("/junk", b"junk", "it is not one OCSP response in DER"),
                                  ("/later", bytes.fromhex("30030a0103"), "the responder answers tryLater"),
                                  ("/long", b"0" * 65537, "it is longer than 65536 octets")):
            with self.subTest(path):
                self.server.serve[path] = octets
                self.expect_not_known(self.certify_with_responder(self.server.uri + path), f"{path}: {why}")
