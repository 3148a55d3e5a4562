"""A client is told what a profile says that `keypact export` made of the gateway's configuration, and nothing else."""
import pathlib
import shutil
import subprocess
import tempfile

from authority import give
from case import PairCase, render
from daemons import BUILD
from lab import wait_for
from profiles import profile_at

PASSWORD = "Wonderland-7"
PASSPHRASE = "correct horse 7!"
PROPOSALS = {"proposals": "aes256-sha384-ecp384, aes256gcm16-prfsha256-curve25519-ecp256",
             "esp_proposals": "aes256gcm16-ecp384-curve25519-ecp256"}


class Export(PairCase):

    keeps_pair = False

    def setUp(self):
        super().setUp()
        self.vici_or_skip(self.initiator, self.responder)
        self.made = pathlib.Path(tempfile.mkdtemp(prefix="keypact-export-"))
        self.addCleanup(shutil.rmtree, self.made)
        for daemon in (self.initiator, self.responder):
            give(daemon)

    def tool(self, *words):
        subprocess.run([BUILD / "keypact", *map(str, words)], check=True, timeout=60, stdout=subprocess.DEVNULL, cwd=self.made)

    def set_up_gateway(self, remote):
        self.tool("pki", "--dir", "ca", "init", "--name", "Example CA")
        folder = self.responder.credentials_folder()
        server = self.right.v4
        self.tool("pki", "--dir", "ca", "issue", "server", "vpn.example.org", "--key", "rsa", "--ip", server, "--out", folder)
        self.responder.credentials_changed()
        self.responder.load(render({
            "connections": {"tunnel": {
                "version": 2, "local_addrs": server, "pools": "clients", "proposals": PROPOSALS["proposals"],
                "local": {"auth": "pubkey", "id": "vpn.example.org"}, "remote": remote,
                "children": {"net": {"local_ts": self.right.net4, "esp_proposals": PROPOSALS["esp_proposals"]}}}},
            "pools": {"clients": {"addrs": "10.9.0.0/24"}},
            "secrets": {"eap-alice": {"id": "alice", "secret": f'"{PASSWORD}"'}}}))

    def exported(self, form, *words):
        self.tool("export", form, "tunnel", "--config", self.responder.credentials_folder(), "--server", self.right.v4, *words)
        return profile_at(self.made, form)

    def issue_to_alice(self):
        (self.made / "passphrase").write_text(PASSPHRASE + "\n")
        self.tool("pki", "--dir", "ca", "issue", "client", "alice@example.org", "--key", "rsa", "--p12",
                  "--p12-passphrase-file", "passphrase", "--out", "alice")
        return "--p12", "alice/alice@example.org.p12", "--p12-passphrase-file", "passphrase"

    def be_told(self, profile):
        folder = self.initiator.credentials_folder()
        (folder / "x509ca" / "ca.der").write_bytes(profile.authority)
        configuration = profile.configuration(PASSWORD)
        if profile.container:
            (folder / "pkcs12").mkdir(exist_ok=True)
            (folder / "pkcs12" / "alice.p12").write_bytes(profile.container)
            configuration["secrets"] = {"pkcs12-alice": {"file": "alice.p12", "secret": f'"{PASSPHRASE}"'}}
        self.initiator.credentials_changed()
        self.initiator.load(render(configuration))

    def expect_tunnel(self):
        self.bring_up()
        (address,) = self.initiator.established()[0]["local-vips"]
        wait_for(lambda: self.left.ping(address, self.right.inner4) >= 1, "a ping from the address that was given")
        self.expect_rekeying(self.initiator, "child")
        wait_for(lambda: self.left.ping(address, self.right.inner4) >= 1, "a ping with the new Child SA")
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        self.expect_gone()

    def by_password(self, form, *words):
        self.set_up_gateway({"auth": "eap-mschapv2", "id": "%any", "eap_id": "%any"})
        profile = self.exported(form, *words)
        self.assertTrue(profile.by_password())
        self.be_told(profile)
        self.expect_tunnel()

    def by_certificate(self, form, identity=None):
        self.set_up_gateway({"auth": "pubkey", "id": "%any"})
        profile = self.exported(form, *self.issue_to_alice())
        profile.identity = identity or profile.identity
        self.assertFalse(profile.by_password())
        self.be_told(profile)
        self.expect_tunnel()

    def test_app_by_password(self):
        self.by_password("sswan", "--identity", "alice")

    def test_app_by_certificate(self):
        self.by_certificate("sswan")

    def test_apple_by_password(self):
        self.by_password("mobileconfig", "--identity", "alice")

    def test_apple_by_certificate(self):
        self.by_certificate("mobileconfig")

    def test_windows_by_password(self):
        """It says that it is its address, and its name inside of EAP."""
        self.by_password("powershell")

    def test_windows_by_certificate(self):
        """It says that it is the subject of its certificate."""
        self.by_certificate("powershell", identity="CN=alice@example.org")
