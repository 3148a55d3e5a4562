"""The tool keypact: its exit codes, its JSON, and two daemons side by side on one machine."""
import json
import signal
import time

from capture import Capture, classify
from case import PairCase, render, site
from daemons import BUILD
from lab import run

OK, FAILED, USAGE, NOT_RUNNING, NO_ANSWER = 0, 1, 2, 3, 6


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

    def test_a_daemon_that_hangs_is_told_of_in_bounded_time(self):
        self.configure()
        self.bring_up()
        daemon = self.initiator.process.popen
        daemon.send_signal(signal.SIGSTOP)
        try:
            for verb in (("down", "tunnel"), ("up", "net"), ("reload",), ("status",)):
                begin = time.monotonic()
                done = self.initiator.tool(*verb, "--timeout", "0.5")
                self.assertLess(time.monotonic() - begin, 5)
                self.assertEqual(done.returncode, NO_ANSWER, done.stdout)
                self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
                self.assertIn("the daemon does not answer", done.stdout)
        finally:
            daemon.send_signal(signal.SIGCONT)
        self.assertEqual(self.initiator.tool("status").returncode, OK)
        self.expect_data(size=20_000)

    def test_without_a_secret_for_the_identities_nothing_is_sent(self):
        def other_owners(configuration):
            configuration["secrets"] = {"ike-5": {"id-1": "left.example", "id-2": "elsewhere.example",
                                                  "secret": '"do not tell this to anybody"'}}
        self.configure(initiator=other_owners)
        capture = Capture(self.left)
        done = self.initiator.tool("up", "net", "--timeout", "5")
        capture.stop()
        self.assertEqual(done.returncode, FAILED)
        for words in ("[no-shared-key]", "before the first message", "secret ike-5 for left.example, elsewhere.example",
                      "wanted is a secret for left.example and right.example", "local configuration", "`secrets`"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("the peer did not say", done.stdout)
        self.assertNotIn("do not tell", done.stdout + self.initiator.log_text())
        self.assertEqual([frame for frame in capture.frames() if classify(frame) == "IKE"], [])
        self.assertIn("no-shared-key", json.dumps(self.json("status")))
        self.configure()
        self.bring_up()

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
        if self.initiator.backend == "kernel":
            self.skipTest("both ends of a tunnel in one kernel would have one SA twice")
        self.responder.stop()
        self.responder.host = self.left
        self.responder.options |= {"--port": 1500, "--nat-port": 14500, "--tun": "kp1"}
        self.responder.start()
        for daemon, host, peer, port in ((self.initiator, self.left, self.right, 1500),
                                         (self.responder, self.right, self.left, 500)):
            wanted = site(host, peer)
            wanted["connections"]["tunnel"].update(local_addrs="192.0.2.1", remote_addrs="192.0.2.1", remote_port=port)
            daemon.load(render(wanted))
        self.assertTrue(self.initiator.up("net").ok)
        self.assertEqual(len(self.responder.installed()), 1)
        self.assertEqual(self.responder.stop(), 0)
