"""The tool keypact: its exit codes, its JSON, and two daemons side by side on one machine."""
import json

from case import PairCase, render, site
from daemons import BUILD
from lab import run

OK, FAILED, USAGE, NOT_RUNNING = 0, 1, 2, 3


class Tool(PairCase):

    def json(self, *words):
        done = self.initiator.tool(*words, "--json")
        self.assertEqual(done.returncode, OK, done.stdout)
        return [json.loads(line) for line in done.stdout.splitlines()] if "up" in words else json.loads(done.stdout)

    def test_exit_codes(self):
        self.configure()
        self.assertEqual(self.initiator.tool("version").returncode, OK)
        self.assertEqual(self.initiator.tool("up", "nonsense").returncode, FAILED)
        self.assertEqual(self.initiator.tool("down", "nonsense").returncode, FAILED)
        self.assertEqual(self.initiator.tool("make-tea").returncode, USAGE)
        self.assertEqual(self.initiator.tool("up").returncode, USAGE)
        self.assertEqual(run([BUILD / "keypact", "--vici", self.lab.dir / "nobody", "status"], check=False).returncode,
                         NOT_RUNNING)
        self.assertEqual(run([BUILD / "keypactd", "--nonsense"], check=False).returncode, USAGE)

    def test_json_of_every_verb(self):
        self.configure()
        self.assertIn("version", self.json("version"))
        events = self.json("up", "net", "--timeout", "20")
        self.assertGreaterEqual(len(events), 2)
        self.assertIn("tunnel", json.dumps(self.json("status")))
        self.json("reload")
        self.json("down", "tunnel")
        self.assertNotIn("INSTALLED", json.dumps(self.json("status")))

    def test_up_shows_the_ladder_and_one_closing_line(self):
        self.configure()
        done = self.initiator.tool("up", "net", "--timeout", "20")
        self.assertEqual(done.returncode, OK)
        for words in ("HDR, SAi1, KEi, Ni", "HDR, SAr1, KEr, Nr", "IDi", "IDr", "AUTH"):
            self.assertIn(words, done.stdout)
        self.assertRegex(done.stdout.strip().splitlines()[-1], r"^up in \d+ ms: ")
        self.assertNotIn("\x1b[", done.stdout, "no colour to a pipe")

    def test_up_of_what_is_up_already(self):
        self.configure()
        self.bring_up()
        self.assertEqual(self.initiator.tool("up", "net", "--timeout", "5").returncode, OK)
        self.assertEqual(len(self.initiator.installed()), 1)

    def test_names_of_connections_and_of_children(self):
        self.configure()
        for name in ("tunnel", "net", "tunnel/net"):
            self.assertTrue(self.initiator.up(name).ok, name)
        self.assertEqual(len(self.initiator.installed("net")), 1)
        self.assertEqual(self.initiator.tool("down", "net").returncode, OK)
        self.expect_nothing_installed()

    def test_two_daemons_in_one_namespace(self):
        """Other ports, another interface and another socket are enough to run side by side."""
        self.responder.stop()
        self.responder.host = self.left
        self.responder.options = {"--port": 1500, "--nat-port": 14500, "--tun": "kp1"}
        self.responder.start()
        for daemon, host, peer, port in ((self.initiator, self.left, self.right, 1500),
                                         (self.responder, self.right, self.left, 500)):
            wanted = site(host, peer)
            wanted["connections"]["tunnel"].update(local_addrs="192.0.2.1", remote_addrs="192.0.2.1", remote_port=port)
            daemon.load(render(wanted))
        self.assertTrue(self.initiator.up("net").ok)
        self.assertEqual(len(self.responder.installed()), 1)
        self.assertEqual(self.responder.stop(), 0)
