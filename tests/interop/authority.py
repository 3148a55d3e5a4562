"""Certificates for a case, made by openssl(1): a CA, those below it, and where a daemon with swanctl's folders finds them."""
import pathlib
import shutil
import subprocess
import tempfile

from lab import Process

KEYS = {"rsa2048": ("RSA", "rsa_keygen_bits:2048"), "rsa3072": ("RSA", "rsa_keygen_bits:3072"),
        "rsa4096": ("RSA", "rsa_keygen_bits:4096"), "p256": ("EC", "ec_paramgen_curve:P-256"),
        "p384": ("EC", "ec_paramgen_curve:P-384"), "p521": ("EC", "ec_paramgen_curve:P-521"),
        "brainpool256": ("EC", "ec_paramgen_curve:brainpoolP256r1"), "ed25519": ("ED25519",), "ed448": ("ED448",)}
OF_A_CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")


def openssl(*words, **options):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=60, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


class Certificate:
    """One certificate and its private key, as files."""

    def __init__(self, folder, name):
        self.name = name
        self.certificate, self.key, self.public = (folder / f"{name}.{what}.pem" for what in ("certificate", "key", "public"))
        self.serial = 0


class Authority:
    """Makes keys and certificates in a folder of its own until close()."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keypact-ca-"))
        self.serial = 0

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self, name, key="p256", issuer=None, names=(), subject=None, days=30, extensions=None, hash_name="sha256"):
        """A certificate below the issuer, or of a CA of its own; `names` as openssl writes subjectAltName: "DNS:a.example"."""
        made = Certificate(self.folder, name)
        algorithm, *options = KEYS[key]
        openssl("genpkey", "-quiet", "-algorithm", algorithm, *(word for o in options for word in ("-pkeyopt", o)), "-out", made.key)
        openssl("pkey", "-in", made.key, "-pubout", "-out", made.public)
        self.serial = made.serial = self.serial + 1
        lines = list(extensions if extensions is not None else () if issuer else OF_A_CA)
        lines += ["subjectKeyIdentifier=hash"] + (["authorityKeyIdentifier=keyid"] if issuer else [])
        if names:
            lines.append("subjectAltName=" + ",".join(names))
        (self.folder / "extensions").write_text("\n".join(lines) + "\n")
        request = openssl("req", "-new", "-key", made.key, "-subj", subject or f"/C=CH/O=Example/CN={name}")
        hashes = () if key.startswith("ed") else (f"-{hash_name}",)
        if issuer:
            hashes = () if "ED" in openssl("pkey", "-in", issuer.key, "-noout", "-text").split("\n")[0] else (f"-{hash_name}",)
        signer = ("-CA", issuer.certificate, "-CAkey", issuer.key) if issuer else ("-key", made.key)
        openssl("x509", "-req", *signer, "-set_serial", self.serial, "-days", days, *hashes, "-extfile", self.folder / "extensions",
                "-out", made.certificate, input=request)
        return made

    def index(self, revoked=(), valid=(), name="index"):
        """What openssl(1) reads of the certificates that an authority issued."""
        path = self.folder / name
        path.write_text("".join([f"R\t400101000000Z\t260101000000Z,keyCompromise\t{each.serial:02X}\tunknown\t/CN={each.name}\n" for each in revoked]
                                + [f"V\t400101000000Z\t\t{each.serial:02X}\tunknown\t/CN={each.name}\n" for each in valid]))
        return path

    def responder(self, host, issuer, signer, revoked=(), valid=(), port=8081):
        """An OCSP responder for what the issuer issued, with the certificate and key of the signer; a process in the host."""
        words = ["openssl", "ocsp", "-index", self.index(revoked, valid, f"index-{port}"), "-port", port, "-CA", issuer.certificate,
                 "-rsigner", signer.certificate, "-rkey", signer.key, "-nmin", 60, "-ignore_err"]
        log = self.folder / f"responder-{port}.log"
        log.unlink(missing_ok=True)
        return Process([*host.exec_prefix(), *words], log)

    def revocation_list(self, issuer, revoked=(), days=30, dates=None):
        """A CRL of the issuer, as a file; `dates`: thisUpdate and nextUpdate as openssl writes them."""
        self.index(revoked)
        (self.folder / "number").write_text("01\n")
        (self.folder / "ca.conf").write_text(f"[ca]\ndefault_ca = here\n[here]\ndatabase = {self.folder}/index\n"
                                             f"crlnumber = {self.folder}/number\ndefault_md = sha256\n"
                                             "[named]\nauthorityKeyIdentifier = keyid\n")
        made = self.folder / f"{issuer.name}.crl.pem"
        openssl("ca", "-config", self.folder / "ca.conf", "-gencrl", "-keyfile", issuer.key, "-cert", issuer.certificate,
                *(("-crl_lastupdate", dates[0], "-crl_nextupdate", dates[1]) if dates else ("-crldays", days)), "-crlexts", "named", "-out", made)
        return made


def give(daemon, own=None, trusted=(), untrusted=(), public_keys=(), revocation_lists=()):
    """Puts the files where the daemon reads them: its own certificate and key, CAs, further certificates, raw public keys, CRLs."""
    folder = daemon.credentials_folder()
    for name in ("x509", "x509ca", "private", "pubkey", "x509crl"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    if own:
        shutil.copy(own.certificate, folder / "x509" / f"{own.name}.pem")
        shutil.copy(own.key, folder / "private" / f"{own.name}.pem")
    for certificate in trusted:
        shutil.copy(certificate.certificate, folder / "x509ca" / f"{certificate.name}.pem")
    for certificate in untrusted:
        shutil.copy(certificate.certificate, folder / "x509" / f"{certificate.name}.pem")
    for each in revocation_lists:
        shutil.copy(each, folder / "x509crl")
    for each in public_keys:
        shutil.copy(each.public, folder / "pubkey" / f"{each.name}.pem")
    daemon.credentials_changed()


def certify(case):
    """Both daemons of the case have certificates until its end. What makes of a change of a configuration one that signs with them."""
    authority = Authority()
    case.addCleanup(authority.close)
    root = authority.make("root")
    for daemon in case.daemons():
        side = daemon.host.side
        give(daemon, authority.make(side, "p256", root, (f"DNS:{side}.example",)), [root])
        case.addCleanup(give, daemon)

    def signs(change):
        def both(configuration):
            change(configuration)
            for which in ("local", "remote"):
                configuration["connections"]["tunnel"][which]["auth"] = "pubkey"
            del configuration["secrets"]["ike-1"]
        return both
    return signs
