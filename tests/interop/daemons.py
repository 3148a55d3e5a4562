"""The IKE daemons of a lab behind one interface: start, configure, up, down, rekey, sas, stop. Here keypactd and strongSwan's charon,
which speak vici; kinds.py names them all."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket

import kernel_esp
import peers_root
from lab import LabError, Process, run, wait_for
from settings import render
from vici import Client, ViciError

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KEYPACT_BUILD_DIR", ROOT / "build" / "release"))

CHARON = pathlib.Path("/usr/lib/ipsec/charon")
SWANCTL = pathlib.Path("/usr/sbin/swanctl")
CHARON_PLUGINS = ("random nonce pem pkcs1 pkcs8 pkcs12 x509 pubkey constraints revocation openssl aes ctr ccm sha1 sha2 hmac "
                  "xcbc cmac gcm chapoly curve25519 kdf gmp eap-identity eap-md5 eap-gtc eap-mschapv2 eap-tls eap-ttls {stack} kernel-netlink socket-default vici counters updown")


class Outcome:
    """How an attempt to bring something up or down ended."""

    def __init__(self, ok, text, status=0):
        self.ok, self.text, self.status = ok, text, status

    def json(self):
        """The last JSON value that the tool printed."""
        return json.loads(self.text.strip().splitlines()[-1])


class Daemon:
    """What all kinds share. `vici` is the path of the daemon's socket, where it has one."""

    kind = ""
    needs_kernel_esp = False
    speaks_vici = True
    sends_early = False                 # as responder: on a new Child SA before the initiator can have its keys
    moves_children = True               # behind a NAT's new mapping; else the IKE SA alone follows, and what is rekeyed then
    untold = frozenset()                # vici's keys of IKE SAs that this kind cannot tell
    begins_rekeying = "generating CREATE_CHILD_SA request"      # in its log, as a regular expression
    ends_for_sure = True                # at SIGTERM
    harmless = ()                       # parts of log lines that sound worse than they are

    def __init__(self, host):
        self.host = host
        self.dir = host.dir / self.kind
        self.dir.mkdir(exist_ok=True)
        self.vici = self.dir / "vici"
        self.log = self.dir / "log"
        self.process = None
        self.mark = 0
        host.lab.daemons.append(self)

    def start(self):
        self.vici.unlink(missing_ok=True)
        self.process = Process(self.command_line(), self.output_path())
        try:
            wait_for(lambda: self.ready() or not self.process.alive(), f"{self.kind} takes requests", 30)
        except LabError:
            self.process.stop(signal.SIGKILL)
            raise
        if not self.process.alive():
            raise LabError(f"{self.kind} on {self.host.side} ended at its start\n{self.log_since_mark()}")
        return self

    def ready(self):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.vici))
            return True
        return False

    def stop(self):
        """Ends the daemon as its service manager would; the exit status."""
        status = self.process.stop() if self.process else 0
        self.process = None
        return status

    def kill(self):
        """Ends it as a crash would."""
        self.process.stop(signal.SIGKILL)
        self.process = None

    def there(self):
        """What precedes the commands of a peer: they run in its host, and in the root that peers have."""
        return [*self.host.exec_prefix(), *peers_root.PREFIX]

    def unable(self, _what):
        """Why this kind cannot do what a case is about; None: it can."""
        return None

    def credentials_folder(self):
        """Where swanctl's folders of certificates and keys are: x509, x509ca, private, pubkey."""
        return self.dir

    def credentials_changed(self):
        """For kinds that have them elsewhere: what is in the folders is to be taken before the next configuration."""

    def abandon(self):
        if self.process:
            self.process.stop(timeout=2)

    def alive(self):
        return self.process is not None and self.process.alive()

    def log_text(self):
        files = dict.fromkeys((self.output_path(), self.log))
        return "".join(path.read_text(errors="replace") for path in files if path.exists())

    def set_mark(self):
        self.mark = len(self.log_text())

    def log_since_mark(self):
        return self.log_text()[self.mark:]

    def leftovers(self):
        return []

    def established(self):
        return [sa for sa in self.sas() if sa.get("state") == "ESTABLISHED"]

    def installed(self, child=None):
        """The Child SAs that carry traffic, all or those of one name."""
        return [found for sa in self.sas() for found in sa["children"]
                if found.get("state") == "INSTALLED" and child in (None, found.get("name"))]

    # What vici does; daemons without it have their own ways.

    def configure(self, wanted):
        """Loads the nested dicts of settings.py."""
        self.load(render(wanted))

    def request(self, command, message=None, event=None, timeout=30):
        with Client(self.vici, timeout) as client:
            return client.request(command, message, event)

    def sas(self):
        """The IKE SAs: [{..., "name", "children": [...]}] with vici's own keys."""
        _, events = self.request("list-sas", event="list-sa")
        found = []
        for event in events:
            for name, sa in event.items():
                found.append(dict(sa, name=name, children=list(sa.get("child-sas", {}).values())))
        return found

    @staticmethod
    def esp_like(wanted):
        """The ESP proposal that this kind can do in the place of the wanted one (None: no matter which)."""
        return wanted

    def rekey(self, what):
        """Rekeys the "child" or the "ike" SA in use."""
        response, _ = self.request("rekey", self.rekey_request(what))
        return Outcome((response["success"], response["matches"]) == ("yes", "1"), response.get("errmsg", ""))

    def rekey_request(self, what):
        (sa,) = self.established()
        (child,) = (child for child in sa["children"] if child["state"] == "INSTALLED")
        return {"ike-id": sa["uniqueid"]} if what == "ike" else {"child-id": child["uniqueid"]}

    def terminate(self, timeout=10, **what):
        """Deletes by vici: ike="name" or child="name"."""
        message = {key.replace("_", "-"): value for key, value in what.items()}
        response, _ = self.request("terminate", dict(message, timeout=timeout * 1000), timeout=timeout + 5)
        return Outcome(response.get("success") == "yes", response.get("errmsg", ""))

    def initiate(self, child, timeout=20):
        """Brings a child up by vici."""
        response, log = self.request("initiate", {"child": child, "timeout": timeout * 1000}, "control-log", timeout + 5)
        text = "\n".join(line.get("msg", "") for line in log)
        return Outcome(response.get("success") == "yes", text + "\n" + response.get("errmsg", ""))


def swanctl(uri, *words, timeout=30, check=True, config=None, prefix=()):
    """Debian's swanctl against a socket, with a configuration directory of its own."""
    environment = dict(os.environ, STRONGSWAN_CONF=str(pathlib.Path(uri).with_name("swanctl-strongswan.conf")),
                       SWANCTL_DIR=str(config or pathlib.Path(uri).parent))
    pathlib.Path(environment["STRONGSWAN_CONF"]).write_text(
        "swanctl { load = random pem pkcs1 pkcs8 pkcs12 x509 pubkey openssl aes sha1 sha2 hmac }\n")
    return run([*prefix, SWANCTL, *words, "--uri", f"unix://{uri}"], timeout=timeout, check=check, env=environment)


class StrongSwan(Daemon):
    """charon with ESP in user space (kernel-libipsec): no ESN, and always UDP encapsulation, for which it fakes a NAT."""

    kind = "strongswan"
    ends_for_sure = False               # told to end while it destroys an IKE SA, charon now and then does neither
    harmless = ("ignoring KE exchange, agreed on a non-PFS proposal",)
    stack = "kernel-libipsec"
    settings = ""                       # more text for the section charon of strongswan.conf

    def command_line(self):
        configuration = self.dir / "strongswan.conf"
        configuration.write_text(f"""charon {{
  load = {CHARON_PLUGINS.format(stack=self.stack)}
  retransmit_tries = 2
  retransmit_timeout = 1.0
  filelog {{ main {{ path = {self.log}
    default = 1
    ike = 2
    flush_line = yes
    time_format = %H:%M:%S }} }}
  plugins {{ vici {{ socket = unix://{self.vici} }}
    eap-ttls {{ phase2_method = mschapv2 }} }}
  {self.settings}
}}
""")
        # A mount namespace with an empty /run: charon keeps its process id file there.
        script = "mount --make-rprivate / && mount -t tmpfs tmpfs /run && exec env STRONGSWAN_CONF=$1 $2"
        return [*self.there(), "unshare", "-m", "sh", "-c", script, "sh", configuration, CHARON]

    def unable(self, what):
        if what == "GMAC" and not self.needs_kernel_esp:
            return "charon's ESP in user space has no GMAC"
        if what == "selectors of SCTP and ICMP" and not self.needs_kernel_esp:
            return "charon's ESP in user space knows the ports of TCP and UDP only"
        if what == "NULL authentication":
            return "charon does not know it"
        if what == "use a PPK in IKE_INTERMEDIATE":
            return "charon knows RFC 8784 only"
        if what == "additional key exchanges" and self.release() < 6:
            return "charon has them since strongSwan 6"
        if what == "ML-KEM" and not any(name.startswith("ML_KEM") for name in self.request("get-algorithms")[0].get("ke", {})):
            return "this charon has no ML-KEM"
        if what == "bear two rekeyings while its own is out" and self.release() >= 6:
            return ("charon, whose own rekeying of a Child SA is on its way while the peer replaces that one twice, sends nothing until its "
                    "request is answered")
        return None

    def release(self):
        return int(re.search(r"strongSwan U?(\d+)", run([*self.there(), CHARON, "--version"]).stdout).group(1))

    def output_path(self):
        return self.dir / "stderr"

    def load(self, text):
        path = self.dir / "swanctl.conf"
        path.write_text(text)
        swanctl(self.vici, "--load-all", "--clear", "--noprompt", "--file", path, config=self.dir, prefix=peers_root.PREFIX)

    def up(self, name="net", timeout=20):
        return self.initiate(name, timeout)

    def down(self, connection="tunnel"):
        return self.terminate(ike=connection)


class StrongSwanKernel(StrongSwan):
    """charon with the ESP of the kernel."""

    kind = "strongswan-kernel"
    stack = ""
    needs_kernel_esp = True


class Keypact(Daemon):
    """keypactd, with the IPsec stack that KEYPACT_BACKEND names."""

    kind = "keypact"
    backend = os.environ.get("KEYPACT_BACKEND", "userspace")
    needs_kernel_esp = backend == "kernel"

    def __init__(self, host):
        super().__init__(host)
        self.within = None                  # what precedes its command, where the host's namespace is not enough
        # The resolver is that of the whole machine, not of the namespace.
        self.options = {"--backend": self.backend, "--port": 500, "--nat-port": 4500, "--no-name-servers": None}
        if self.backend != "memory":
            self.options["--tun"] = "kp0"
        self.config = self.dir / "etc"
        self.keys = self.dir / "keys"
        self.config.mkdir(exist_ok=True)
        self.keys.mkdir(exist_ok=True)
        if not (self.config / "swanctl.conf").exists():
            (self.config / "swanctl.conf").write_text("connections { }\n")

    def command_line(self):
        return [*(self.within or self.host.exec_prefix()), BUILD / "keypactd", "--config", self.config, "--vici", self.vici,
                "--export-keys", self.keys, "--log-level", "debug",
                *(word for option in self.options.items() for word in option if word is not None)]

    def unable(self, what):
        if what == "ML-KEM" and not any(name.startswith("ML_KEM") for name in self.request("get-algorithms")[0]["ke"]):
            return "the OpenSSL that keypactd is built with has no ML-KEM"
        return None

    def output_path(self):
        return self.log

    def credentials_folder(self):
        return self.config

    def tool(self, *words, timeout=40):
        """The tool keypact; check .returncode and .stdout."""
        return run([BUILD / "keypact", "--vici", self.vici, *words], timeout=timeout, check=False)

    def wait_until_its_interface_is_gone(self):
        """After a kill. With the kernel's stack it stays, and so do its SAs."""
        if self.backend != "kernel":
            wait_for(lambda: " kp0:" not in self.host.ip("link"), "the interface is gone with its process")

    def leftovers(self):
        """What keypactd put into its host: interface, routes, rules, filters, SAs and policies. Nothing after its end."""
        state = "".join(self.host.ip(*words) for words in (
            ("link",), ("rule",), ("-6", "rule"), ("route", "show", "table", "all"), ("-6", "route", "show", "table", "all")))
        state += self.host.run("nft", "list", "tables").stdout
        usual = ["dev lo ", " lo:", "link/", "lookup local", "lookup main", "lookup default",
                 f"via {self.host.lab.peer_of(self.host).v4} ", f"via {self.host.lab.peer_of(self.host).v6} "]
        for wire in self.host.wires:
            usual += [f"dev {wire} ", f" {wire}@", f" {wire}: "]
        kernel = map(str, [*kernel_esp.states(self.host), *kernel_esp.policies(self.host)] if self.backend == "kernel" else [])
        return [line for line in state.splitlines() if not any(word in line for word in usual)] + list(kernel)

    def load(self, text):
        (self.config / "swanctl.conf").write_text(text)
        done = self.tool("reload")
        if done.returncode != 0:
            raise LabError(f"keypact reload: status {done.returncode}\n{done.stdout}")

    def up(self, name="net", timeout=20, *options):
        done = self.tool("up", name, "--timeout", timeout, *options, timeout=timeout + 10)
        return Outcome(done.returncode == 0, done.stdout, done.returncode)

    def down(self, connection="tunnel"):
        done = self.tool("down", connection)
        return Outcome(done.returncode == 0, done.stdout, done.returncode)


__all__ = ["BUILD", "Daemon", "Keypact", "Outcome", "ROOT", "StrongSwan", "StrongSwanKernel", "ViciError", "swanctl"]
