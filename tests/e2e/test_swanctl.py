"""Debian's swanctl 5.9.8 and other vici clients, good and bad, against the daemon."""
import socket
import struct
import threading

from case import PairCase, render, site
from daemons import swanctl
from lab import Process, wait_for
from vici import Client, ViciError


class Swanctl(PairCase):

    def setUp(self):
        super().setUp()
        self.configure()
        self.uri = self.initiator.vici

    def swanctl(self, *words, **options):
        return swanctl(self.uri, *words, **options).stdout

    def test_version(self):
        self.assertRegex(self.swanctl("--version"), r"5\.9\.8")
        self.assertRegex(self.swanctl("--version", "--daemon"), r"\d+\.\d+")

    def test_stats(self):
        text = self.swanctl("--stats")
        for word in ("uptime:", "worker threads:", "IKE_SAs:"):
            self.assertIn(word, text)

    def test_load_all_with_connections_and_keys(self):
        wanted = site(self.left, self.right)
        wanted["connections"]["second"] = dict(wanted["connections"]["tunnel"], remote_addrs="192.0.2.77")
        path = self.initiator.dir / "other.conf"
        path.write_text(render(wanted))
        text = self.swanctl("--load-all", "--noprompt", "--file", path)
        self.assertIn("loaded connection 'second'", text)
        self.assertIn("loaded ike secret 'ike-1'", text)
        listed = self.swanctl("--list-conns")
        self.assertIn("tunnel:", listed)
        self.assertIn("second:", listed)
        path.write_text(render(site(self.left, self.right)))
        self.swanctl("--load-all", "--noprompt", "--file", path)
        self.assertNotIn("second:", self.swanctl("--list-conns"))
        self.bring_up()
        self.expect_data(size=20_000)

    def test_load_all_with_secrets_that_nothing_uses_yet(self):
        wanted = site(self.left, self.right)
        wanted["secrets"].update({
            "eap-alice": {"id": "alice", "secret": '"wonderland"'}, "xauth-bob": {"id": "bob", "secret": '"builder"'},
            "ntlm-carol": {"id": "carol", "secret": "0x0cb6948805f797bf2a82807973b89537"},
            "ppk-1": {"id": "ppk", "secret": '"a post-quantum preshared key"'}})
        path = self.initiator.dir / "other.conf"
        path.write_text(render(wanted))
        text = self.swanctl("--load-all", "--noprompt", "--file", path)
        for kind, name in (("eap", "eap-alice"), ("xauth", "xauth-bob"), ("ntlm", "ntlm-carol"), ("ppk", "ppk-1"),
                           ("ike", "ike-1")):
            self.assertIn(f"loaded {kind} secret '{name}'", text)
        self.assertIn("loaded connection 'tunnel'", text)
        kept = self.initiator.request("get-shared")[0]["keys"]
        self.assertEqual(set(kept), {"eap-alice", "xauth-bob", "ntlm-carol", "ppk-1", "ike-1"})
        log = self.initiator.log_text()
        self.assertIn('load-shared: the secret "xauth-bob" is kept but has no effect yet in this version', log)
        for secret in ("wonderland", "builder", "0cb69488", "post-quantum preshared"):
            self.assertNotIn(secret, log)
        self.bring_up()
        path.write_text(render(site(self.left, self.right)))
        self.swanctl("--load-creds", "--noprompt", "--file", path)
        self.assertEqual(self.initiator.request("get-shared")[0]["keys"], ["ike-1"])

    def test_load_all_refuses_an_unknown_setting(self):
        wanted = site(self.left, self.right)
        wanted["connections"]["tunnel"]["remote_adrs"] = "192.0.2.2"
        path = self.initiator.dir / "other.conf"
        path.write_text(render(wanted))
        done = swanctl(self.uri, "--load-conns", "--file", path, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("remote_adrs", done.stdout)
        self.bring_up()

    def test_list_conns(self):
        text = self.swanctl("--list-conns")
        for word in ("tunnel: IKEv2", "local:  192.0.2.1", "remote: 192.0.2.2", "local pre-shared key authentication:",
                     "id: left.example", "net: TUNNEL", "local:  10.1.0.0/24", "remote: 10.2.0.0/24"):
            self.assertIn(word, text)

    def test_initiate_list_and_terminate(self):
        text = self.swanctl("--initiate", "--child", "net", "--timeout", "20")
        self.assertIn("initiate completed successfully", text)
        listed = self.swanctl("--list-sas")
        for word in ("tunnel: #", "ESTABLISHED, IKEv2", "local  'left.example' @ 192.0.2.1", "net: #", "INSTALLED, TUNNEL",
                     "10.1.0.0/24", "10.2.0.0/24"):
            self.assertIn(word, listed)
        self.expect_data(size=20_000)
        self.assertRegex(self.swanctl("--list-sas", "--raw"), r"list-sa event \{tunnel \{")
        text = self.swanctl("--terminate", "--child", "net")
        self.assertIn("terminate completed successfully", text)
        self.assertNotIn("INSTALLED", self.swanctl("--list-sas"))
        self.assertIn("terminate completed successfully", self.swanctl("--terminate", "--ike", "tunnel"))
        self.assertEqual(self.swanctl("--list-sas").strip(), "")
        self.expect_gone()

    def test_initiate_that_fails(self):
        done = swanctl(self.uri, "--initiate", "--child", "nonsense", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("initiate failed", done.stdout)
        done = swanctl(self.uri, "--terminate", "--ike", "nonsense", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("terminate failed", done.stdout)

    def test_rekey(self):
        self.bring_up()

        def spis():
            sas = self.initiator.established()
            children = [child for sa in sas for child in sa["children"] if child["state"] == "INSTALLED"]
            return (sas[0]["initiator-spi"], children[0]["spi-in"]) if sas and children else None
        first = wait_for(spis, "the tunnel")
        text = self.swanctl("--rekey", "--child", "net")
        self.assertIn("rekey completed successfully", text)
        second = wait_for(lambda: (now := spis()) and now[1] != first[1] and now, "a new Child SA")
        self.assertEqual(second[0], first[0])
        self.assertRegex(self.swanctl("--list-sas"), r"net: #\d+, reqid \d+, DELETED, TUNNEL")
        self.assertIn("rekey completed successfully", self.swanctl("--rekey", "--ike", "tunnel"))
        third = wait_for(lambda: (now := spis()) and now[0] != first[0] and now, "a new IKE SA")
        self.assertEqual(third[1], second[1])
        self.assertIn("rekey completed successfully", self.swanctl("--rekey", "--ike", "tunnel", "--reauth"))
        wait_for(lambda: spis() and spis()[0] != third[0] and spis()[1] != third[1], "another IKE SA and Child SA")
        wait_for(lambda: len(self.initiator.sas()) == 1 and len(self.initiator.sas()[0]["children"]) == 1,
                 "one IKE SA and one Child SA", 15)
        self.expect_data(size=20_000)
        done = swanctl(self.uri, "--rekey", "--child", "nonsense", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("rekey failed: no matching SAs to rekey found", done.stdout)

    def test_log(self):
        path = self.initiator.dir / "followed"
        follower = Process(["swanctl", "--log", "--uri", f"unix://{self.uri}"], path)
        self.lab.closers.append(lambda: follower.stop())

        def followed():
            self.swanctl("--initiate", "--child", "net", "--timeout", "20")
            self.swanctl("--terminate", "--ike", "tunnel")
            return "tunnel" in path.read_text()
        wait_for(followed, "log lines of the negotiation", 15, 0.3)

    # Other clients.

    def test_clients_side_by_side(self):
        failures = []

        def ask():
            try:
                with Client(self.uri, 10) as client:
                    for _ in range(50):
                        client.request("version")
                        client.request("list-conns", event="list-conn")
            except (OSError, ViciError) as error:
                failures.append(error)
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(failures, [])

    def test_unknown_command_and_event_are_answered(self):
        with Client(self.uri) as client:
            with self.assertRaises(ViciError):
                client.request("make-tea")
            with self.assertRaises(ViciError):
                client.request("version", event="no-such-event")
            self.assertIn("version", client.request("version")[0])

    def test_malformed_frames_hurt_nobody_else(self):
        self.bring_up()
        listener = Client(self.uri)
        named = lambda name, body: bytes([0, len(name)]) + name + body
        frames = (
            struct.pack("!I", 0xffffffff), struct.pack("!I", 524289) + b"x" * 100, struct.pack("!I", 0),
            *(struct.pack("!I", len(packet)) + packet for packet in (
                b"\x00\xff" + b"short", b"\x09", named(b"version", b"\x02"), named(b"version", b"\x01\x01a"),
                named(b"version", b"\x03\x01a\xff\xff"), named(b"version", b"\x04\x01a\x04\x01b"),
                named(b"version", b"\x05\x00\x01a"), named(b"load-conn", b"\x01\x01a" * 2000),
                named(b"load-conn", b"\x63"), named(b"initiate", b"\x03\x07timeout\x00\x03abc"))),
            struct.pack("!I", 1000) + b"\x00\x07version")
        for frame in frames:
            with socket.socket(socket.AF_UNIX) as bad:
                bad.settimeout(0.3)
                bad.connect(str(self.uri))
                try:
                    bad.sendall(frame)
                    bad.recv(4096)
                except OSError:
                    pass
        with listener:
            self.assertIn("version", listener.request("version")[0])
        self.assertEqual(len(self.initiator.installed()), 1)
        self.expect_data(size=20_000)
