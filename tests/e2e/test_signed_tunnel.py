"""A tunnel whose ends authenticate themselves with certificates from their folders, and what a change of those does to it."""
import pathlib
import shutil

from case import PairCase, render, site
from lab import wait_for

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "credentials"
LEFT = {"x509": ["moon", "between"], "x509ca": ["other"], "private": ["moon.key"]}
RIGHT = {"x509": ["sun"], "x509ca": ["root"], "private": ["sun.key"]}


def place(daemon, folders):
    for folder, names in folders.items():
        shutil.rmtree(daemon.config / folder, ignore_errors=True)
        (daemon.config / folder).mkdir()
        for name in names:
            shutil.copy(DATA / f"{name}.pem", daemon.config / folder)


class SignedTunnel(PairCase):

    keeps_pair = False

    def settings(self, daemon, local, remote, **child):
        wanted = site(daemon.host, self.lab.peer_of(daemon.host))
        tunnel = wanted["connections"]["tunnel"]
        tunnel["local"], tunnel["remote"] = local, remote
        tunnel["children"]["net"].update(child)
        return wanted

    def both_ends(self):
        place(self.initiator, LEFT)
        place(self.responder, RIGHT)
        self.responder.load(render(self.settings(self.responder, {"id": "sun.example.org"}, {"id": '"C=CH, O=keypact, CN=*"'})))
        self.initiator.load(render(self.settings(self.initiator, {"certs": "moon.pem"}, {"id": "sun.example.org"})))

    def test_ends_of_two_authorities(self):
        self.both_ends()
        self.bring_up()
        self.expect_data(size=20_000)
        sa = self.initiator.established()[0]
        self.assertEqual(sa["local-id"], "C=CH, O=keypact, CN=moon")
        self.assertEqual(sa["remote-id"], "sun.example.org")

    def test_other_certificates_and_keys_leave_the_tunnel_up_and_are_used_by_the_next_one(self):
        self.both_ends()
        self.bring_up()
        spi = self.initiator.established()[0]["initiator-spi"]
        for name in ("moon.pem", "moon.key.pem"):
            folder = "private" if "key" in name else "x509"
            shutil.copy(DATA / name.replace("moon", "rsa"), self.initiator.config / folder / name)
        done = self.initiator.tool("reload")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.initiator.established()[0]["initiator-spi"], spi)
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        self.bring_up()
        self.assertEqual(self.initiator.established()[0]["local-id"], "C=CH, O=keypact, CN=rsa")

    def test_a_start_that_lacks_its_key_goes_on_when_a_client_loads_it(self):
        self.both_ends()
        place(self.initiator, {"x509": ["moon", "between"], "private": ["rsa.key"]})
        self.initiator.load(render(self.settings(self.initiator, {"certs": "moon.pem"}, {"id": "sun.example.org"},
                                                 start_action="start")))
        wait_for(lambda: "there is no private key for" in self.initiator.log_text(), "the failure is told")
        self.assertEqual(self.initiator.established(), [])
        answer = self.initiator.request("load-key", {"type": "any", "data": (DATA / "moon.key.pem").read_text()})[0]
        self.assertEqual(answer["success"], "yes", answer)
        wait_for(lambda: len(self.initiator.installed("net")) == 1, "the tunnel comes up")
