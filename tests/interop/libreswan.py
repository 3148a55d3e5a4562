"""libreswan's pluto behind the interface of daemons.py. It has no vici: whack asks it, and the kernel tells what it installed.
One connection of ipsec.conf is made of each child; those of one peer share the IKE SA."""
import pathlib
import re
import subprocess

import kernel_esp
import peers_root
from daemons import Daemon, Outcome
from lab import run, wait_for
from nss import Nss
from settings import Proposal, Untranslatable, by_certificate, own_certificate, translate, values

PROGRAMS = pathlib.Path("/usr/libexec/ipsec")

GROUPS = {"modp1536": "modp1536", "modp2048": "modp2048", "modp3072": "modp3072", "modp4096": "modp4096", "modp6144": "modp6144",
          "modp8192": "modp8192", "ecp256": "dh19", "ecp384": "dh20", "ecp521": "dh21", "x25519": "dh31"}
INTEGRITY = {"sha1": "sha1", "sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512", "aesxcbc": "aes_xcbc",
             "aescmac": "aes_cmac"}
CIPHERS = {"3des": "3des", "null": "null", "chacha20poly1305": "chacha20poly1305",
           **{f"aes{bits}": f"aes{bits}" for bits in (128, 192, 256)},
           **{f"aes{bits}ctr": f"aes_ctr{bits}" for bits in (128, 192, 256)},
           **{f"aes{bits}{mode}{icv}": f"aes_{mode}_{letter}{bits}" for bits in (128, 192, 256) for mode in ("gcm", "ccm")
              for icv, letter in ((8, "a"), (12, "b"), (16, "c"))}}

_LINE = re.compile(r'#(\d+): "([^"]+)"\S* (.*)')
_SPIS = re.compile(r"(?:esp|ah)[.:](\w+)@\S+ (?:esp|ah)[.:](\w+)@\S+")


def ike_words(text):
    """"aes256-sha2_256+sha2_512;dh19" of "aes256-sha256-prf..-ecp256"."""
    proposal = Proposal(text)
    if proposal.integrity and proposal.prfs and proposal.prfs != proposal.integrity:
        raise Untranslatable(f"libreswan has no words for {text}")      # 4.10 takes the integrity of the PRF
    hashes = proposal.prfs or proposal.integrity
    parts = (CIPHERS, proposal.ciphers), (INTEGRITY, hashes), (GROUPS, proposal.groups)
    return "-".join("+".join(translate(words, table)) for table, words in parts)


def esp_words(text):
    """Also whether it has a group, which is pfs."""
    proposal = Proposal(text)
    parts = (CIPHERS, proposal.ciphers), (INTEGRITY, proposal.integrity)
    words = "-".join("+".join(translate(words, table)) for table, words in parts if words)
    return words + (";" + "+".join(translate(proposal.groups, GROUPS)) if proposal.groups else ""), bool(proposal.groups)


PROTOCOLS = {"tcp": "6", "udp": "17", "sctp": "132"}


def selector_words(side, text):
    """leftsubnet and leftprotoport of "10.1.0.0/24[tcp/80]"."""
    subnet, bracket, rest = text.partition("[")
    words = {f"{side}subnet": subnet}
    if bracket:
        protocol, slash, port = rest.rstrip("]").partition("/")
        (number,) = translate([protocol], PROTOCOLS)
        if "-" in port:
            raise Untranslatable("libreswan has no words for a range of ports")
        words[f"{side}protoport"] = f"{number}/{port if slash else '%any'}"
    return words


SIGNATURES = {"ike:rsa/pss-sha256": "rsa-sha2_256", "ike:rsa/pss-sha384": "rsa-sha2_384", "ike:rsa/pss-sha512": "rsa-sha2_512",
              "ike:ecdsa-sha256": "ecdsa-sha2_256", "ike:ecdsa-sha384": "ecdsa-sha2_384", "ike:ecdsa-sha512": "ecdsa-sha2_512"}


def identity_words(text):
    """An address, a mailbox and a name of X.509 stand for themselves."""
    return text if re.search("[@=:]", text) or re.fullmatch(r"[\d.]+", text) else f"@{text}"


def authentication_words(connection, credentials):
    """authby, and what an end has to do with certificates."""
    ends = connection["local"], connection["remote"]
    if {end["auth"] for end in ends} == {"null"}:
        return {"authby": "null"}
    if not any(map(by_certificate, ends)):
        return {"authby": "secret"}
    if not all(map(by_certificate, ends)):
        raise Untranslatable("libreswan has no words for a shared key at one end and ECDSA at the other")
    certificate = own_certificate(connection, credentials)
    text = run(["openssl", "x509", "-in", certificate, "-noout", "-text"]).stdout
    kind = "ecdsa" if "id-ecPublicKey" in text else "rsa-sha2"
    (method,) = translate({end["auth"] for end in ends}, SIGNATURES | {"pubkey": kind})
    return {"authby": method, "leftcert": certificate.stem, "leftsendcert": "always", "rightrsasigkey": "%cert",
            "rightca": trusted_name(credentials)}


def trusted_name(credentials):
    """The root's subject. The own certificate's issuer (%same) may be another; with %any it asks for no certificate (CERTREQ), and gets none."""
    roots = sorted((credentials / "x509ca").glob("*.pem"))
    if len(roots) != 1:
        return "%any"
    subject = run(["openssl", "x509", "-in", roots[0], "-noout", "-subject", "-nameopt", "sep_comma_plus_space"]).stdout
    return f'"{subject.strip().removeprefix("subject=")}"'


def secret_line(section):
    """Of ipsec.secrets."""
    name, secret = section
    if name.startswith("ppk"):
        return f': PPKS "{secret["id"]}" {secret["secret"]}\n'
    if name.startswith("eap"):
        raise Untranslatable("libreswan has no words for EAP with a password")
    return " ".join(f"@{value}" for key, value in secret.items() if key.startswith("id")) + f" : PSK {secret['secret']}\n"


def one(words, of_what):
    if len(words) != 1:
        raise Untranslatable(f"libreswan has no words for several {of_what} in one connection")
    return words[0]


class Libreswan(Daemon):

    kind = "libreswan"
    needs_kernel_esp = True
    speaks_vici = False
    sends_early = True
    moves_children = False
    harmless = ("netlink_expire got message with length",)     # of the kernel's, when it tells of a limit
    begins_rekeying = "sent CREATE_CHILD_SA request to rekey"
    untold = frozenset(("initiator-spi", "responder-spi", "initiator", "ppk", "local-id", "remote-id", "encr-alg", "encr-keysize",
                        "integ-alg", "prf-alg", "dh-group"))       # of IKE SAs; the Child SA's are the kernel's

    def __init__(self, host):
        super().__init__(host)
        self.run_dir = self.dir / "run"
        self.run_dir.mkdir(exist_ok=True)
        self.loaded = {}                # name: the peer's address
        self.keep_alive = 20
        self.has_ppk = False
        self.nss = Nss(self.dir / "nss")
        self.has_credentials = True
        for name in ("ipsec.conf", "ipsec.secrets"):
            (self.dir / name).touch()

    def unable(self, what):
        """In what release 5 differs from 4 is known of 5.2 and 4.10."""
        if what == "follow behind a NAT":
            return "libreswan behind a NAT itself follows nobody to a new endpoint, as RFC 7296 §2.23 wants it, forwarded ports or not"
        if what == "go on in tunnel mode":
            return "libreswan, when transport mode is declined, deletes the Child SA, as RFC 7296 §1.3.1 allows it"
        if what == "tell whom it refuses":
            return "libreswan, when it initiates, tells nobody that it refuses something: 'deleting state ... and NOT sending notification'"
        if what == "PPK beside a signature":
            return ("libreswan 4 compares the signature of NO_PPK_AUTH with other octets; 5, as responder, signs without what IKE_INTERMEDIATE "
                    "adds, and as initiator pluto ends")
        if "Libreswan 5" not in self.whack("--version").stdout:
            return "libreswan 4 knows RFC 8784 only" if what == "use a PPK in IKE_INTERMEDIATE" else None
        return {"follow": "libreswan 5 without MOBIKE ignores another endpoint of the peer, whatever NATs there are",
                "further child without a group": "libreswan 5 looks for the proposals of a further Child SA in the first connection",
                }.get(what)

    def command_line(self):
        return [*self.there(), PROGRAMS / "pluto", "--nofork", "--config", self.dir / "ipsec.conf", "--no-dnssec",
                "--secretsfile", self.dir / "ipsec.secrets", "--nssdir", self.nss.folder, "--rundir", self.run_dir,
                "--ipsecdir", self.dir, "--dumpdir", self.run_dir, "--logfile", self.log, "--keep-alive", self.keep_alive]

    def output_path(self):
        return self.dir / "stderr"

    def ready(self):
        return (self.run_dir / "pluto.ctl").exists() and "exec" not in self.whack("--briefstatus").stdout

    def start(self):
        (self.run_dir / "pluto.ctl").unlink(missing_ok=True)
        self.host.lead_everything_to_the_peer()      # updown scripts would lead the inner networks there
        super().start()
        wait_for(lambda: self.whack("--listen").returncode == 0, "pluto listens")
        self.whack("--impair", "revival")           # 5 begins anew what it began when the peer deletes it, whatever rekey= says
        for name in self.loaded:
            self.add(name)
        return self

    def whack(self, *words, timeout=30):
        return run([*self.there(), PROGRAMS / "whack", "--rundir", self.run_dir, *words], timeout=timeout, check=False)

    def add(self, name):
        done = run([*self.there(), PROGRAMS / "addconn", "--config", self.dir / "ipsec.conf",
                    "--ctlsocket", self.run_dir / "pluto.ctl", name], check=False)
        if done.returncode != 0:
            raise Untranslatable(f"libreswan takes it not: {done.stdout}")

    # Its configuration.

    def credentials_changed(self):
        self.has_credentials = False

    def take_credentials(self):
        """It opens its database once."""
        self.nss.fill(self.credentials_folder())
        self.has_credentials = True
        self.loaded = {}
        if self.process:
            self.stop()
            self.start()

    def configure(self, wanted):
        if not self.has_credentials:
            self.take_credentials()
        for name in self.loaded:
            self.whack("--delete", "--name", name)
        self.has_ppk = any(name.startswith("ppk") for name in wanted.get("secrets", {}))
        lines, self.loaded = ["config setup", "    ikev1-policy=drop", ""], {}
        for connection in wanted["connections"].values():
            for name, child in connection["children"].items():
                lines += [f"conn {name}", *(f"    {key}={value}" for key, value in self.words(connection, child).items()), ""]
                self.loaded[name] = connection["remote_addrs"]
        (self.dir / "ipsec.conf").write_text("\n".join(lines))
        (self.dir / "ipsec.secrets").write_text("".join(map(secret_line, wanted.get("secrets", {}).items())))
        self.whack("--rereadsecrets")
        for name in self.loaded:
            self.add(name)

    def words(self, connection, child):
        words = {**authentication_words(connection, self.credentials_folder()), "ikev2": "insist", "auto": "ignore",
                 "left": connection["local_addrs"],
                 "leftid": identity_words(connection["local"]["id"]) if "id" in connection["local"] else "%fromcert",
                 "leftupdown": "%disabled", "right": connection["remote_addrs"],
                 "rightid": identity_words(connection["remote"].get("id", "")),
                 "pfs": "yes", "type": child.get("mode", "tunnel"),
                 "narrowing": "yes", "mobike": "no", "retransmit-timeout": "20s", "initial-contact": "yes",
                 "rekey": "no"}             # else it comes back when the peer deletes it
        words |= {f"{side}id": "%null" for side, end in (("left", "local"), ("right", "remote")) if connection[end]["auth"] == "null"}
        for key, side in (("local_ts", "left"), ("remote_ts", "right")):
            if child[key] is not None:
                words |= selector_words(side, one(values(child[key]), "selectors"))
        if values(connection.get("proposals")):
            words["ike"] = ",".join(map(ike_words, values(connection["proposals"])))
        if values(child.get("esp_proposals")) and values(child.get("ah_proposals")):
            raise Untranslatable("libreswan has either ESP or AH in one connection")
        if child.get("ipcomp"):
            words["compress"] = child["ipcomp"]
        if values(child.get("ah_proposals")):
            words["phase2"] = "ah"
        if offered := values(child.get("esp_proposals")) or values(child.get("ah_proposals")):
            esp = [esp_words(text) for text in offered]
            words["phase2alg"] = ",".join(text for text, _ in esp)
            words["pfs"] = "yes" if any(pfs for _, pfs in esp) else "no"
        if "dpd_delay" in connection:
            words |= {"dpddelay": connection["dpd_delay"], "dpdtimeout": connection.get("dpd_timeout", "10s"), "dpdaction": "clear"}
        if connection.get("encap") == "yes":
            words["encapsulation"] = "yes"
        if self.has_ppk or connection.get("ppk_required") == "yes":
            words |= self.ppk_words(connection)
        if "rekey_time" in connection:
            words |= self.lifetimes(connection, child)
        return words

    def ppk_words(self, connection):
        """It names the one that it knows. 4 counts an IKE_INTERMEDIATE that both ends can, and nobody makes, in AUTH."""
        words = {"ppk": "insist" if connection.get("ppk_required") == "yes" else "yes"}
        return words if self.unable("use a PPK in IKE_INTERMEDIATE") else words | {"intermediate": "yes"}

    @staticmethod
    def lifetimes(connection, child):
        """It rekeys one to two margins before the end what it began, half of one before it what the peer did."""
        margin = int(child["life_time"].removesuffix("m")) - int(child["rekey_time"].removesuffix("m"))
        return {"rekey": "yes", "ikelifetime": connection["rekey_time"], "salifetime": child["rekey_time"],
                "rekeymargin": f"{margin}m", "rekeyfuzz": "100%"}

    # What it is asked.

    def up(self, name="net", timeout=20):
        return self.initiate(name, timeout)

    def initiate(self, child, timeout=20):
        try:
            done = self.whack("--initiate", "--name", child, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            self.whack("--terminate", "--name", child)
            return Outcome(False, f"not within {timeout} s\n{error.output}", 1)
        return Outcome(done.returncode == 0 and "established Child SA" in done.stdout, done.stdout, done.returncode)

    def down(self, connection="tunnel"):
        return self.terminate(ike=connection)

    def terminate(self, timeout=10, **what):
        if "ike_id" in what:
            try:
                done = [self.whack("--deletestate", what["ike_id"], timeout=timeout)]
            except subprocess.TimeoutExpired as error:      # the other end was faster
                return Outcome(False, str(error))
        elif "child" in what:
            done = [self.whack("--deletestate", child["uniqueid"]) for child in self.installed(what["child"])]
        else:
            done = [self.whack("--terminate", "--name", name, timeout=timeout) for name in self.loaded]
        return Outcome(done and all(one.returncode == 0 for one in done), "\n".join(one.stdout for one in done))

    def rekey(self, what, name="net"):
        words = ["--rekey-ike"] if what == "ike" else ["--rekey-ipsec", "--rekey-child"]       # the last since 5
        for word in words:
            done = self.whack(word, "--name", name)
            if "unrecognized" not in done.stdout:
                break
        return Outcome(done.returncode == 0 and "rekeyed" in done.stdout, done.stdout, done.returncode)

    def endpoint(self, line, name):
        """What #7: "net":500 STATE_.. or #7: "net"[2] 192.0.2.1:500 STATE_.. says of the peer; from 5 on without STATE_V2_."""
        host, port = re.search(r'"(?:\[\d+\])? ?(\S*):(\d+) [A-Z0-9_]+ \(', line).groups()
        return {"remote-host": host or self.loaded.get(name), "remote-port": port}

    def sas(self):
        ike_sas, children, spis = {}, [], {}            # by the numbers of pluto's states
        for line in self.whack("--showstates").stdout.splitlines():
            number, name, rest = match.groups() if (match := _LINE.search(line)) else ("", "", "")
            if pair := _SPIS.search(rest):
                spis[number] = tuple(spi.zfill(8) for spi in pair.groups())
            elif "IKE_SA (" in rest or "IKE_SA_INIT" in rest or "PARENT" in rest or "IKE_AUTH" in rest:
                state = "ESTABLISHED" if "ESTABLISHED_IKE_SA" in rest else "CONNECTING"
                ike_sas[number] = {"name": "tunnel", "uniqueid": number, "version": "2", "state": state, "children": [],
                                   **self.endpoint(line, name)}
            elif "ESTABLISHED_CHILD_SA" in rest:
                children.append((number, name, re.search(r"IKE SA #(\d+)", rest).group(1)))
        for number, name, parent in children:
            if number in spis and parent in ike_sas:
                spi_out, spi_in = spis[number]
                found = {"name": name, "uniqueid": number, "state": "INSTALLING", "spi-in": spi_in, "spi-out": spi_out}
                ike_sas[parent]["children"].append(found | kernel_esp.child(self.host, spi_in, spi_out))
        return list(ike_sas.values())
