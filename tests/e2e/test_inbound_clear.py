"""Packets that come in clear although a policy of this host wants them protected are dropped (RFC 4301 §5.2): whether the
tunnel is up or not, after a crash, and until the next start has its own policies. The right host sends them; it has no daemon."""
import contextlib
import socket
import sys
import threading
import time

from case import PairCase, render, site
from lab import MARKER, run

PORT = 9000

# Runs a command for which the kernel has no nftables: socket(AF_NETLINK, _, NETLINK_NETFILTER) is refused (seccomp, x86-64 and arm64).
WITHOUT_NFTABLES = """
import ctypes, os, struct, sys
number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
def op(code, jump, skip, value): return struct.pack("HBBI", code, jump, skip, value)
program = b"".join([op(0x20, 0, 0, 0), op(0x15, 0, 5, number), op(0x20, 0, 0, 16), op(0x15, 0, 3, 16),
                    op(0x20, 0, 0, 32), op(0x15, 0, 1, 12), op(0x06, 0, 0, 0x00050000 + 93), op(0x06, 0, 0, 0x7fff0000)])
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(Program(len(program) // 8, program)), 0, 0): sys.exit("no seccomp")
os.execv(sys.argv[1], sys.argv[1:])
"""


class InboundClear(PairCase):

    def setUp(self):
        super().setUp()
        self.lead_everything_to_the_peer()
        self.assertGreaterEqual(self.right.ping(self.right.v6, self.left.v6), 1)    # neighbours know each other

    def alone(self, change=None, **options):
        """Ends the right daemon and gives the left one its configuration."""
        self.responder.stop()
        configuration = site(self.left, self.right, inner=(4, 6), **options)
        if change:
            change(configuration)
        self.initiator.load(render(configuration))

    @contextlib.contextmanager
    def flood(self, family=4):
        """Datagrams in clear from the right inner address to the left one, until the end: the lists of those sent and of those arrived."""
        sent, arrived, ended = [], [], threading.Event()
        with self.left.socket(self.left.inner(family), socket.SOCK_DGRAM) as listener, \
                self.right.socket(self.left.inner(family), socket.SOCK_DGRAM) as sender:
            listener.bind((self.left.inner(family), PORT))
            listener.settimeout(0.05)
            sender.bind((self.right.inner(family), 0))

            def send():
                while not ended.wait(0.0005):
                    with contextlib.suppress(OSError):
                        sent.append(sender.sendto(MARKER, (self.left.inner(family), PORT)))

            def receive():
                while not ended.is_set():
                    with contextlib.suppress(OSError):
                        arrived.append(listener.recv(2000))

            threads = [threading.Thread(target=each, daemon=True) for each in (send, receive)]
            for thread in threads:
                thread.start()
            try:
                yield sent, arrived
            finally:
                ended.set()
                for thread in threads:
                    thread.join()

    def expect_more(self, packets, than, why=""):
        """However slow the host is."""
        until = time.monotonic() + 20
        while len(packets) <= than:
            self.assertLess(time.monotonic(), until, f"{len(packets)} {why}")
            time.sleep(0.01)

    def expect_open(self, family=4, why=""):
        with self.flood(family) as (_, arrived):
            self.expect_more(arrived, 10, why or f"IPv{family}")

    def expect_closed(self):
        for family in (4, 6):
            with self.flood(family) as (sent, arrived):
                self.expect_more(sent, 30, f"sent by IPv{family}")
            self.assertEqual(arrived, [], f"IPv{family}")

    def test_the_rig_sees_them_without_a_daemon(self):
        for daemon in (self.initiator, self.responder):
            daemon.stop()
        for family in (4, 6):
            self.expect_open(family)

    def test_dropped_while_the_tunnel_is_not_up(self):
        self.alone()
        self.expect_closed()

    def test_dropped_while_the_tunnel_is_up(self):
        self.configure(inner=(4, 6))
        self.bring_up()
        self.expect_data((4, 6), size=20_000)
        self.responder.kill()
        self.responder.wait_until_its_interface_is_gone()
        for words in (("rule", "flush"), ("rule", "add", "from", "all", "lookup", "main", "pref", "32766")):
            self.right.ip(*words)
            self.right.ip("-6", *words)
        self.right.run("nft", "flush", "ruleset")
        for what in ("state", "policy"):
            self.right.ip("xfrm", what, "flush")
        self.assertEqual(len(self.initiator.installed()), 1)
        self.expect_closed()

    def test_what_no_policy_wants_protected_comes_in(self):
        self.alone()
        self.assertGreaterEqual(self.right.ping(self.right.v4, self.left.v4), 1)
        self.assertGreaterEqual(self.right.ping(self.right.v6, self.left.v6), 1)

    def test_host_to_host_policies_leave_ike_and_esp_alone(self):
        for family in (4, 6):
            with self.subTest(family=family):
                def hosts_only(configuration):
                    child = configuration["connections"]["tunnel"]["children"]["net"]
                    child["local_ts"] = child["remote_ts"] = "dynamic"
                self.configure(both=hosts_only, family=family)
                self.left.ip(*(("-6",) if family == 6 else ()), "neigh", "flush", "all")
                self.bring_up()
                self.assertGreaterEqual(self.right.ping(self.right.outer(family), self.left.outer(family)), 1)
                self.assertTrue(self.initiator.down().ok)
                self.expect_gone()
                self.assertEqual(self.right.ping(self.right.outer(family), self.left.outer(family), wait=1), 0)

    def test_dropped_from_a_crash_until_the_next_start_and_after(self):
        self.alone()
        with self.flood(4) as (sent, arrived):
            self.expect_more(sent, 10)
            self.initiator.kill()
            self.expect_more(sent, len(sent) + 20)
            self.initiator.start()
            self.expect_more(sent, len(sent) + 10)
        self.assertEqual(arrived, [])
        self.initiator.stop()
        self.expect_open(why="after an orderly end")
        self.initiator.start()

    def test_after_a_crash_without_the_configuration_they_come_in_again(self):
        self.alone()
        self.initiator.kill()
        (self.initiator.config / "swanctl.conf").write_text("connections { }\n")
        self.initiator.start()
        self.expect_open()

    def test_a_start_that_fails_after_a_crash_leaves_everything_closed(self):
        self.alone()
        good = (self.initiator.config / "swanctl.conf").read_text()
        self.initiator.kill()
        (self.initiator.config / "swanctl.conf").write_text("connections { mistake }\n")
        self.assertEqual(run(self.initiator.command_line(), timeout=20, check=False).returncode, 1)
        self.expect_closed()
        self.assertEqual(self.left.ping(self.left.inner(4), self.right.inner(4), wait=1), 0)
        (self.initiator.config / "swanctl.conf").write_text(good)
        self.initiator.start()
        self.expect_closed()

    def test_two_daemons_on_one_host_keep_apart(self):
        self.alone()
        second = type(self.initiator)(self.left)
        second.vici, second.log = second.dir / "vici2", second.dir / "log2"
        second.options |= {"--tun": "kp1", "--port": 1500, "--nat-port": 5500}
        second.config = second.dir / "etc2"
        second.config.mkdir()
        other = site(self.left, self.right)
        other["connections"]["tunnel"]["children"]["net"].update(local_ts="10.77.0.0/24", remote_ts="10.78.0.0/24")
        (second.config / "swanctl.conf").write_text(render(other))
        second.start()
        rules = self.left.ip("rule")
        self.assertIn("220:", rules)
        self.assertIn("223:", rules)
        self.expect_closed()
        self.initiator.kill()
        self.assertEqual(second.stop(), 0)
        self.assertNotIn("kp1", self.left.run("nft", "list", "ruleset").stdout)
        self.expect_closed()
        self.initiator.start()
        self.expect_closed()

    def test_a_kernel_without_nftables_is_told_once(self):
        if self.initiator.backend == "kernel":
            self.skipTest("the kernel's policies need no nftables")
        self.initiator.stop()
        command = self.initiator.command_line()
        split = command.index("--config") - 1
        words = [*command[:split], sys.executable, "-c", WITHOUT_NFTABLES, *command[split:]]
        self.initiator.command_line = lambda: words
        self.initiator.start()
        self.configure(inner=(4, 6))
        self.configure(inner=(4,))
        self.assertEqual(self.initiator.log_text().count("has no nftables"), 1)
        self.bring_up()
        self.expect_data((4,), size=20_000)
