"""Certificates and keys: from swanctl's folders by keypactd itself, and by Debian's swanctl over vici."""
import pathlib
import shutil

from case import PairCase, render, site
from daemons import swanctl

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "credentials"
FOLDERS = {
    "x509": {"moon.pem": "moon.pem", "rsa.pem": "rsa.pem", "sun.pem": "sun.pem"},
    "x509ca": {"root.pem": "root.pem", "between.pem": "between.pem"},
    "pubkey": {"sun.pem": "sun.pub.pem"},
    "private": {"rsa.pem": "rsa.encrypted.pem", "sun.pem": "sun.key.pem"},
    "pkcs12": {"moon.p12": "moon.p12"},
}


class Credentials(PairCase):

    def setUp(self):
        super().setUp()
        self.configure()

    def fill(self, directory, **changes):
        """A swanctl directory with keys of three kinds; the tunnel with a pre-shared key, and one with certificates."""
        for folder, files in FOLDERS.items():
            shutil.rmtree(directory / folder, ignore_errors=True)
            (directory / folder).mkdir(parents=True)
            for name, source in files.items():
                shutil.copy(DATA / source, directory / folder / name)
        wanted = site(self.left, self.right)
        wanted["connections"]["signed"] = dict(
            wanted["connections"]["tunnel"], remote_addrs="192.0.2.77", children={"other": {}},
            local=dict({"certs": "moon.pem"}, **changes),
            remote={"auth": "ecdsa-sha256", "id": '"C=CH, O=keypact, CN=*"', "cacerts": "root.pem"})
        wanted["secrets"].update({"private-rsa": {"file": "rsa.pem", "secret": "wonderland"},
                                  "pkcs12-moon": {"file": "moon.p12", "secret": "wonderland"}})
        (directory / "swanctl.conf").write_text(render(wanted))

    def swanctl(self, *words, **options):
        directory = self.initiator.dir / "swanctl"
        return swanctl(self.initiator.vici, *words, config=directory, **options).stdout

    def expect_listed(self):
        text = self.swanctl("--list-certs")
        for word in ("C=CH, O=keypact, CN=moon", "C=CH, O=keypact, CN=rsa", "C=CH, O=keypact, CN=sun",
                     "C=CH, O=keypact, CN=root CA", "C=CH, O=keypact, CN=between CA", "has private key",
                     "List of X.509 CA Certificates", "ED25519"):
            self.assertIn(word, text)
        self.assertEqual(text.count("has private key"), 4, text)   # of three certificates, and of the raw key of one of them
        text = self.swanctl("--list-conns")
        for word in ("local public key authentication:", "id: C=CH, O=keypact, CN=moon", "certs: C=CH, O=keypact, CN=moon",
                     "remote public key authentication:", "id: C=CH, O=keypact, CN=*", "cacerts: C=CH, O=keypact, CN=root CA"):
            self.assertIn(word, text)

    def test_swanctl_loads_and_unloads_them(self):
        directory = self.initiator.dir / "swanctl"
        self.fill(directory)
        text = self.swanctl("--load-all", "--noprompt")
        for word in ("loaded certificate from", "loaded ECDSA key from", "loaded RSA key from", "loaded private key from",
                     "loaded connection 'signed'", "loaded connection 'tunnel'"):
            self.assertIn(word, text)
        self.expect_listed()
        self.assertEqual(len(self.initiator.request("get-keys")[0]["keys"]), 3)
        shutil.rmtree(directory / "pkcs12")
        (directory / "private" / "sun.pem").unlink()
        self.swanctl("--load-creds", "--noprompt")
        self.assertEqual(len(self.initiator.request("get-keys")[0]["keys"]), 1)
        self.swanctl("--load-creds", "--clear", "--noprompt")
        self.assertEqual(self.swanctl("--list-certs").count("has private key"), 1)
        self.assertIn("C=CH, O=keypact, CN=root CA", self.swanctl("--list-certs", "--type", "x509", "--flag", "ca"))
        self.bring_up()

    def test_swanctl_loads_authorities(self):
        directory = self.initiator.dir / "swanctl"
        self.fill(directory)
        with (directory / "swanctl.conf").open("a") as file:
            file.write("\nauthorities { mine { cacert = root.pem\n crl_uris = http://192.0.2.1/ca.crl\n } }\n")
        self.assertIn("loaded authority 'mine'", self.swanctl("--load-all", "--noprompt"))
        text = self.swanctl("--list-authorities")
        for word in ("mine:", "cacert: C=CH, O=keypact, CN=root CA", "crl_uris:  http://192.0.2.1/ca.crl"):
            self.assertIn(word, text)
        self.assertEqual(self.initiator.request("get-authorities")[0]["authorities"], ["mine"])
        self.fill(directory)
        self.swanctl("--load-all", "--noprompt")
        self.assertEqual(self.initiator.request("get-authorities")[0]["authorities"], [])

    def test_keypactd_reads_the_folders_and_a_change_leaves_the_tunnel_alone(self):
        self.bring_up()
        self.fill(self.initiator.config)
        done = self.initiator.tool("reload")
        self.assertEqual(done.returncode, 0, done.stdout)
        (self.initiator.dir / "swanctl").mkdir(exist_ok=True)
        self.expect_listed()
        listed = self.initiator.tool("certs").stdout
        for word in ("C=CH, O=keypact, CN=moon", "end entity, ECDSA 256, with its private key", "valid until 2126-10-30",
                     "names: moon.example.org, moon@example.org, 192.0.2.1", "issued by C=CH, O=keypact, CN=between CA",
                     "CA, ECDSA 384", "public key, Ed25519 256"):
            self.assertIn(word, listed)
        self.assertIn('"kind":"CA","subject":"C=CH, O=keypact, CN=root CA"', self.initiator.tool("certs", "--json").stdout)
        shutil.copy(DATA / "rsa.pem", self.initiator.config / "x509" / "moon.pem")
        self.assertEqual(self.initiator.tool("reload").returncode, 0)
        self.assertIn("certs: C=CH, O=keypact, CN=rsa", self.swanctl("--list-conns"))
        self.assertEqual(len(self.initiator.established()), 1)
        self.expect_data(size=20_000)

    def test_what_cannot_be_used_keeps_the_old_configuration(self):
        self.fill(self.initiator.config)
        self.assertEqual(self.initiator.tool("reload").returncode, 0)
        for name, word in (("none.pem", r"swanctl\.conf:\d+:\d+: error: connections\.signed\.local\.certs: cannot read"),
                           ("/proc/self/comm", r"swanctl\.conf:\d+:\d+: error: /proc/self/comm cannot be used")):
            self.fill(self.initiator.config, certs=name)
            done = self.initiator.tool("reload")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, word)
            (self.initiator.dir / "swanctl").mkdir(exist_ok=True)
            self.assertIn("certs: C=CH, O=keypact, CN=moon", self.swanctl("--list-conns"))
        self.bring_up()
