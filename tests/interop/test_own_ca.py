"""Both ends have what `keypact pki` made: certificates of each kind, and one that was taken back."""
import pathlib
import shutil
import subprocess
import tempfile

from certificate_cases import CertificateCase
from daemons import BUILD


class Issued:
    """A certificate and its key, as authority.give() takes them."""

    def __init__(self, folder, name):
        self.name = name
        self.certificate, self.key = folder / "x509" / f"{name}.pem", folder / "private" / f"{name}.pem"


class OwnCa:
    """A CA by `keypact pki` in a folder of its own until close()."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keypact-own-ca-"))

    def close(self):
        shutil.rmtree(self.folder)

    def pki(self, *words):
        subprocess.run([BUILD / "keypact", "pki", "--dir", self.folder / "ca", *words], check=True, timeout=60, stdout=subprocess.DEVNULL)

    def make(self, name):
        self.pki("init", "--name", f"C=CH, O=Example, CN={name}")
        root = Issued(self.folder, name)
        root.certificate = self.folder / "ca" / "ca.pem"
        return root

    def revocation_list(self, *names):
        for name in names:
            self.pki("revoke", name)
        self.pki("crl")
        return self.folder / "ca" / "crl.pem"


class CertificatesOfOurOwn(CertificateCase):

    @classmethod
    def setUpClass(cls):
        cls.authority = OwnCa()
        cls.addClassCleanup(cls.authority.close)
        cls.root = cls.authority.make("root")

    def certify(self, key="ecdsa", issuer=None, **options):
        made = {}
        for side, role in (("left", "client"), ("right", "server")):
            self.authority.pki("issue", role, f"{side}.example", "--key", key, "--again", "--out", self.authority.folder)
            made[side] = Issued(self.authority.folder, f"{side}.example")
        return made

    def test_of_each_kind(self):
        for key in ("ecdsa", "rsa", "ed25519"):
            with self.subTest(key=key):
                self.expect_tunnel(self.certify(key))

    def test_a_gateway_refuses_a_client_that_was_revoked(self):
        self.authority.pki("issue", "client", "thief", "--dns", "left.example", "--out", self.authority.folder)
        certificates = dict(self.certify(), left=Issued(self.authority.folder, "thief"))
        before = self.authority.revocation_list()
        self.expect_tunnel(certificates, lists=[before])
        after = self.authority.revocation_list("thief")
        self.expect_refusal("right", "revoked", certificates, lists=[after])
