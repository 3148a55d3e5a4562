"""The NSS database that libreswan has its certificates and keys in, filled from swanctl's folders."""
import shutil

import peers_root
from lab import run
from settings import Untranslatable

PASSWORD = "of the file alone"


class Nss:

    def __init__(self, folder):
        self.folder = folder
        self.empty()

    def empty(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        run([*peers_root.PREFIX, "certutil", "-N", "-d", f"sql:{self.folder}", "--empty-password"])

    def run(self, program, *words):
        return run([*peers_root.PREFIX, program, "-d", f"sql:{self.folder}", *words], check=False)

    def fill(self, credentials):
        """Takes what is there now; the name of a file is that of the certificate."""
        self.empty()
        for place, trust in (("x509ca", "CT,,"), ("x509", ",,")):
            for path in sorted((credentials / place).glob("*.pem")):
                key = credentials / "private" / path.name
                done = self.with_key(path, key) if place == "x509" and key.exists() else \
                    self.run("certutil", "-A", "-n", path.stem, "-t", trust, "-a", "-i", path)
                if done.returncode != 0:
                    raise Untranslatable(f"NSS, which libreswan has its keys in, takes it not: {done.stdout}")

        for path in sorted((credentials / "x509crl").glob("*.pem")):
            run(["openssl", "crl", "-in", path, "-outform", "DER", "-out", self.folder / "crl.der"])
            run([*peers_root.PREFIX, "crlutil", "-I", "-B", "-i", self.folder / "crl.der", "-d", f"sql:{self.folder}"])

    def with_key(self, certificate, key):
        file = self.folder / "both.p12"
        run(["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-name", certificate.stem,
             "-passout", f"pass:{PASSWORD}", "-out", file])
        return self.run("pk12util", "-i", file, "-W", PASSWORD)
