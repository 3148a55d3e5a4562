"""What lies in examples/, as it lies there: the commands of a README are run, and both ends take the files that it names."""
import pathlib
import shlex
import shutil
import tempfile

from authority import give
from case import PairCase
from daemons import BUILD
from lab import run, wait_for

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
COMMAND = "    keypact pki "
CREDENTIALS = ("x509", "x509ca", "private")


class Examples(PairCase):

    keeps_pair = False

    def setUp(self):
        super().setUp()
        self.vici_or_skip(self.initiator, self.responder)
        self.made = pathlib.Path(tempfile.mkdtemp(prefix="keypact-examples-"))
        self.addCleanup(shutil.rmtree, self.made)

    def follow(self, example, *ends):
        """The first of the two ends is the initiator's."""
        readme = (EXAMPLES / example / "README.md").read_text()
        for line in readme.splitlines():
            if line.startswith(COMMAND):
                run([BUILD / "keypact", *shlex.split(line)[1:]], cwd=self.made)
        for daemon, end in zip((self.initiator, self.responder), ends):
            give(daemon)
            self.bring(daemon, end)
        for daemon, end in reversed(list(zip((self.initiator, self.responder), ends))):
            daemon.load((EXAMPLES / example / end / "swanctl.conf").read_text())

    def bring(self, daemon, end):
        folder = daemon.credentials_folder()
        for name in CREDENTIALS:
            for path in (self.made / end / name).glob("*"):
                shutil.copy(path, folder / name)
        if (self.made / "ca").exists():
            shutil.copy(self.made / "ca" / "ca.pem", folder / "x509ca")
        daemon.credentials_changed()

    def expect_sites(self, example, family=4):
        self.follow(example, "left", "right")
        self.bring_up()
        self.expect_data(inner=(family,), size=20_000)
        self.assertTrue(self.initiator.terminate(ike="site-to-site").ok)

    def expect_road_warrior(self, example):
        self.follow(example, "client", "gateway")
        self.bring_up()
        address = "10.9.0.1"
        self.assertEqual(self.initiator.established()[0].get("local-vips"), [address])
        wait_for(lambda: self.left.ping(address, self.right.inner4) >= 1, "a ping from the address that was given")
        self.assertTrue(self.initiator.terminate(ike="road-warrior").ok)

    def test_site_to_site_psk(self):
        self.expect_sites("site-to-site-psk")

    def test_site_to_site_certificates(self):
        self.expect_sites("site-to-site-certificates")

    def test_site_to_site_ipv6(self):
        self.expect_sites("site-to-site-ipv6", 6)

    def test_road_warrior_certificates(self):
        self.expect_road_warrior("road-warrior-certificates")

    def test_road_warrior_eap_mschapv2(self):
        self.expect_road_warrior("road-warrior-eap-mschapv2")

    def test_road_warrior_eap_tls(self):
        self.expect_road_warrior("road-warrior-eap-tls")

    def test_each_is_followed(self):
        named = {name.removeprefix("test_").replace("_", "-") for name in dir(self) if name.startswith("test_")}
        there = {path.parent.name for path in EXAMPLES.glob("*/README.md")}
        self.assertEqual(there - named, set())
