"""A signed zone (DNSSEC) with keys of IPsec in it (RFC 4025), served by NSD on the loopback of a host, and known by the host's resolv.conf."""
import base64
import pathlib
import shutil

from authority import openssl
from lab import Process, run, wait_for

ALGORITHMS = {"rsa": 2, "p256": 3, "ed25519": 4}


def key_octets(certificate):
    """The algorithm of IPSECKEY and the octets that the DNS has of the key: RFC 3110, RFC 6605, RFC 8080."""
    der = base64.b64decode("".join(pathlib.Path(certificate.public).read_text().splitlines()[1:-1]))
    text = openssl("pkey", "-pubin", "-in", certificate.public, "-noout", "-text")
    if "ED25519" in text:
        return ALGORITHMS["ed25519"], der[-32:]
    if "prime256v1" in text:
        return ALGORITHMS["p256"], der[-64:]
    modulus = bytes.fromhex(openssl("rsa", "-pubin", "-in", certificate.public, "-noout", "-modulus").strip().split("=")[1])
    return ALGORITHMS["rsa"], b"\x03\x01\x00\x01" + modulus


class SignedZone:
    """`keys`: by the name in the zone. What is said of a name in `forged` is put there after the zone was signed."""

    def __init__(self, host, zone, keys, forged=None, is_signed=True):
        self.host, self.zone = host, zone
        self.folder = host.dir / "zone"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.trust_anchor = self.folder / "anchor"
        self.file = self.folder / "zone"
        self._write(keys)
        self._sign()
        for name, certificate in (forged or {}).items():
            self._forge(keys[name], certificate)
        self._serve(self.folder / "zone.signed" if is_signed else self.file)

    def _write(self, keys):
        lines = [f"$ORIGIN {self.zone}.", "$TTL 60", "@ SOA ns admin 1 3600 600 86400 60", "@ NS ns", "ns A 127.0.0.1"]
        for name, certificate in keys.items():
            algorithm, octets = key_octets(certificate)
            lines.append(f"{name} IPSECKEY 10 0 {algorithm} . {base64.b64encode(octets).decode()}")
        self.file.write_text("\n".join(lines) + "\n")

    def _sign(self):
        key = run(["sh", "-c", f"cd {self.folder} && ldns-keygen -r /dev/urandom -k -a ECDSAP256SHA256 {self.zone}"]).stdout.strip()
        run(["ldns-signzone", "-f", self.folder / "zone.signed", self.file, self.folder / key])
        shutil.copy(self.folder / f"{key}.key", self.trust_anchor)

    def _forge(self, said, instead):
        signed = self.folder / "zone.signed"
        before, after = (base64.b64encode(key_octets(each)[1]).decode() for each in (said, instead))
        text = signed.read_text()
        assert before in text
        signed.write_text(text.replace(before, after))

    def _serve(self, file):
        settings = self.folder / "nsd.conf"
        settings.write_text(f'server:\n  ip-address: 127.0.0.1\n  username: ""\n  chroot: ""\n  zonesdir: ""\n  pidfile: ""\n'
                            f'  database: ""\n  xfrdfile: "{self.folder}/xfrd"\n  zonelistfile: "{self.folder}/zones"\n  xfrdir: "{self.folder}"\n'
                            f'remote-control:\n  control-enable: no\nzone:\n  name: "{self.zone}"\n  zonefile: "{file}"\n')
        log = self.folder / "nsd.log"
        self.process = Process([*self.host.exec_prefix(), "nsd", "-d", "-c", settings], log)
        self.host.lab.closers.append(self.process.stop)
        wait_for(lambda: "nsd started" in log.read_text() or not self.process.alive(), "NSD serves")
        assert self.process.alive(), log.read_text()


def use_loopback(host):
    """What runs in the host from now on asks the name server on its loopback."""
    folder = pathlib.Path("/etc/netns") / host.namespace
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    host.lab.closers.append(lambda: shutil.rmtree(folder, ignore_errors=True))
