"""OpenIKED behind the interface of daemons.py: ikectl asks it, and the kernel tells what it installed. On Linux it knows only
AES-CBC with HMAC-SHA1 for ESP; what it initiates it does so by its configuration, 2 s after that was loaded."""
import pathlib
import re
import shutil

import kernel_esp
import peers_root
from daemons import Daemon, Outcome
from lab import LabError, run, wait_for
from settings import Proposal, Untranslatable, by_certificate, own_certificate, translate, values

KEYS = peers_root.ROOT / "etc/iked"

CIPHERS = {"3des": "3des", **{f"aes{bits}": f"aes-{bits}" for bits in (128, 192, 256)},
           **{f"aes{bits}gcm16": f"aes-{bits}-gcm" for bits in (128, 256)},
           **{f"aes{bits}gcm12": f"aes-{bits}-gcm-12" for bits in (128, 256)}}
HASHES = {"sha1": "hmac-sha1", "sha256": "hmac-sha2-256", "sha384": "hmac-sha2-384", "sha512": "hmac-sha2-512"}
GROUPS = {**{f"modp{bits}": f"modp{bits}" for bits in (1024, 1536, 2048, 3072, 4096, 6144, 8192)},
          **{f"ecp{bits}": f"ecp{bits}" for bits in (256, 384, 521)},
          **{f"ecp{bits}bp": f"brainpool{bits}" for bits in (256, 384, 512)}, "x25519": "curve25519"}

_SA = re.compile(r"^iked_sas: \S+ rspi 0x(\w+) ispi 0x(\w+) \S+->\S+:(\d+)<[^>]*>\[.*?\] (\S+) [ir]", re.M)
_CHILD = re.compile(r"^  sa_childsas: \S+ ESP 0x(\w+) (in|out) ", re.M)


def ike_words(text):
    proposal = Proposal(text)
    words = [("enc", translate(proposal.ciphers, CIPHERS)), ("auth", translate(proposal.integrity, HASHES)),
             ("prf", translate(proposal.prfs or proposal.integrity, HASHES)), ("group", translate(proposal.groups, GROUPS))]
    return "ikesa " + " ".join(f"{key} {value}" for key, found in words for value in found)


def esp_words(text):
    proposal = Proposal(text)
    words = [("enc", translate(proposal.ciphers, CIPHERS)), ("auth", translate(proposal.integrity, HASHES)),
             ("group", translate(proposal.groups, GROUPS))]
    return "childsa " + " ".join(f"{key} {value}" for key, found in words for value in found)


def furnish():
    """What the installation of the package would have made: the user and the host's key."""
    users = peers_root.ROOT / "etc/passwd"
    if "_iked:" in users.read_text():
        return
    with users.open("a") as file:
        file.write("_iked:x:977:977::/var/lib/openiked/empty:/usr/sbin/nologin\n")
    with open(peers_root.ROOT / "etc/group", "a", encoding="ascii") as file:
        file.write("_iked:x:977:\n")
    (peers_root.ROOT / "var/lib/openiked/empty").mkdir(parents=True, exist_ok=True)
    run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", KEYS / "private" / "local.key"])
    run(["openssl", "ec", "-in", KEYS / "private" / "local.key", "-pubout", "-out", KEYS / "local.pub"])
    (KEYS / "private" / "local.key").chmod(0o600)


class OpenIked(Daemon):

    kind = "openiked"
    needs_kernel_esp = True
    speaks_vici = False
    sends_early = True
    moves_children = False
    untold = frozenset(("initiator", "local-id", "remote-id", "encr-alg", "encr-keysize", "integ-alg", "prf-alg", "dh-group"))

    def __init__(self, host):
        super().__init__(host)
        furnish()
        self.file = self.dir / "iked.conf"
        self.control = self.dir / "control"
        self.wanted = None
        self.has_credentials = True
        self.write("passive")

    def command_line(self):
        return [*self.there(), "iked", "-d", "-vv", "-f", self.file, "-s", self.control]

    def output_path(self):
        return self.log

    def start(self):
        self.host.lead_everything_to_the_peer()
        self.set_mark()
        return super().start()

    def ready(self):
        """It opens its sockets before its parts have their configuration, and forgets SAs that begin in between."""
        return "config_getstatic: no stickyaddress" in self.log_since_mark()

    def ikectl(self, *words):
        return run([*peers_root.PREFIX, "ikectl", "-s", self.control, *words], check=False)

    # Its configuration.

    @staticmethod
    def esp_like(wanted):
        size = re.search(r"aes(128|192|256)", wanted or "")
        group = re.search(r"-(modp|ecp|x255)\w+", wanted or "")
        return f"aes{size.group(1) if size else 256}-sha1{group.group() if group else ''}"

    def unable(self, what):
        return {"PPK": "openiked has no post-quantum preshared keys",
                "decline transport mode": "openiked refuses who asks for transport mode where it has tunnel mode",
                "bear two IKE SAs": "openiked lets go of the old IKE SA without a word when there is a new one"}.get(what)

    def credentials_changed(self):
        self.has_credentials = False

    def take_credentials(self, connection):
        """It reads its own key when it starts."""
        folder = self.credentials_folder()
        own = own_certificate(connection, folder)
        if "ED" in run(["openssl", "pkey", "-in", folder / "private" / own.name, "-noout", "-text"]).stdout.split("\n", maxsplit=1)[0]:
            raise Untranslatable("openiked has keys of RSA and EC only: 'ca_privkey_serialize: unsupported key type'")
        for place in ("ca", "certs", "crls"):
            shutil.rmtree(KEYS / place)
            (KEYS / place).mkdir()
        for path in (folder / "x509ca").glob("*.pem"):
            shutil.copy(path, KEYS / "ca" / f"{path.stem}.crt")
        for path in (folder / "x509crl").glob("*.pem"):
            shutil.copy(path, KEYS / "crls" / f"{path.stem}.crl")
        shutil.copy(own, KEYS / "certs" / f"{own.stem}.crt")
        key = KEYS / "private" / "local.key"
        shutil.copy(folder / "private" / own.name, key)
        key.chmod(0o600)
        run(["openssl", "pkey", "-in", key, "-pubout", "-out", KEYS / "local.pub"])
        self.has_credentials = True
        if self.process:
            self.stop()
            self.start()

    def configure(self, wanted):
        (connection,) = wanted["connections"].values()
        if by_certificate(connection["local"]) and not self.has_credentials:
            self.take_credentials(connection)
        self.wanted = wanted
        self.write("passive")
        self.reload()

    def reload(self):
        loaded = self.log_text().count("config_getstatic: no stickyaddress")
        self.ikectl("reload")
        wait_for(lambda: self.log_text().count("config_getstatic: no stickyaddress") > loaded, "iked has its configuration")

    def write(self, mode):
        self.file.write_text(self.policy(self.wanted, mode) if self.wanted else "set active\n")
        self.file.chmod(0o600)

    def policy(self, wanted, mode):
        if len(wanted["connections"]) != 1:
            raise Untranslatable("openiked here has one connection")
        (connection,) = wanted["connections"].values()
        if "id" not in connection["local"] or "*" in connection["remote"]["id"]:
            raise Untranslatable("openiked takes the host's name where no identity is configured, and has no wildcards in one")
        if len(connection["children"]) != 1:
            raise Untranslatable("openiked has no words for a further Child SA")
        (child,) = connection["children"].values()
        if child["local_ts"] is None and child["remote_ts"] is None:
            child = child | {"local_ts": connection["local_addrs"], "remote_ts": connection["remote_addrs"]}
        flows = [f"from {source} to {target}" for source in values(child["local_ts"]) for target in values(child["remote_ts"])
                 if (":" in source) == (":" in target)]
        outer = ":" in connection["local_addrs"]
        if any((":" in source) != outer for source in values(child["local_ts"])):
            raise Untranslatable("openiked on Linux carries no other family: PF_KEY has no words for it")
        delay = connection.get("dpd_delay", "60s").removesuffix("s")
        parts = [f'ikev2 "net" {mode} {child.get("mode", "tunnel")} esp', *flows,
                 f"local {connection['local_addrs']} peer {connection['remote_addrs']}",
                 *map(ike_words, values(connection.get("proposals"))), *map(esp_words, values(child["esp_proposals"])),
                 f"srcid {connection['local']['id']} dstid {connection['remote']['id']}", self.authentication(wanted)]
        return f"set dpd_check_interval {delay}\nset fragmentation\nset enforcesingleikesa\n" + " \\\n  ".join(parts) + "\n"

    @staticmethod
    def authentication(wanted):
        (connection,) = wanted["connections"].values()
        kinds = {by_certificate(connection[end]) for end in ("local", "remote")}
        if len(kinds) > 1:
            raise Untranslatable("openiked has one kind of authentication for both ends")
        if kinds == {True}:
            if connection["local"]["auth"] != "pubkey":
                raise Untranslatable("openiked has no words for a hash or for RSASSA-PSS")
            return "rfc7427"
        ends = {connection["local"]["id"], connection["remote"]["id"]}
        secrets = [one for one in wanted["secrets"].values() if {one.get("id-1"), one.get("id-2")} == ends]
        if not secrets:
            raise Untranslatable("openiked has no words for a key of somebody else")
        return f"psk {secrets[0]['secret']}"

    # What it is asked.

    def up(self, name="net", timeout=20):
        return self.initiate(name, timeout)

    def initiate(self, child, timeout=20):
        self.write("active")
        self.reload()
        try:
            wait_for(lambda: self.installed(child), f"Child SA {child}", timeout, 0.1)
        except LabError as error:
            return Outcome(False, str(error), 1)
        return Outcome(True, "")

    def down(self, connection="tunnel"):
        return self.terminate(ike=connection)

    def terminate(self, timeout=10, **what):
        if "child" in what:
            raise Untranslatable("openiked deletes no single Child SA on request")
        self.write("passive")
        self.reload()
        done = self.ikectl("reset", "id", f"FQDN/{self.wanted['connections']['tunnel']['remote']['id']}")
        return Outcome(done.returncode == 0, done.stdout)

    def rekey(self, what):
        raise Untranslatable("openiked rekeys nothing on request")

    def rekey_request(self, what):
        return self.rekey(what)

    def sas(self):
        found = []
        for block in re.split(r"\n(?=iked_)", self.ikectl("show", "sa").stdout):
            match = _SA.match(block)
            if not match:
                continue
            responder, initiator, port, state = match.groups()
            sa = {"name": "tunnel", "remote-port": port, "uniqueid": initiator, "version": "2", "initiator-spi": initiator.zfill(16),
                  "responder-spi": responder.zfill(16), "state": state if state == "ESTABLISHED" else "CONNECTING", "children": []}
            spis = {way: [spi.zfill(8) for spi, direction in _CHILD.findall(block) if direction == way] for way in ("in", "out")}
            for spi_in, spi_out in zip(spis["in"], spis["out"]):
                sa["children"].append({"name": "net", "uniqueid": spi_in, "state": "INSTALLING"}
                                      | kernel_esp.child(self.host, spi_in, spi_out))
            found.append(sa)
        return found
