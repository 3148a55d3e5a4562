"""A daemon that is killed (SIGKILL) and started again. The packets of its policies: see docs/decisions/0002."""
import contextlib
import socket
import threading
import time

from capture import Capture, census
from case import PairCase
from daemons import BUILD
from lab import MARKER, run


class Crash(PairCase):

    def test_the_next_start_puts_the_network_in_order(self):
        self.configure(inner=(4, 6))
        self.bring_up()
        # SAs go with the run that was killed; policies of the kernel hold, of which tests/guest tells more.
        def rules():
            return sorted(line for line in self.initiator.leftovers() if "kp0" not in line and not line.startswith("{"))
        before = rules()
        self.initiator.kill()
        self.initiator.start()
        self.assertEqual(rules(), before, "rules of the run that was killed")
        self.bring_up()
        self.expect_data((4, 6), size=20_000)
        self.assertEqual(len(self.responder.established()), 1, "INITIAL_CONTACT replaced the SA of the run that was killed")

    def test_no_packet_leaves_in_clear_after_a_kill(self):
        for host in (self.left, self.right):
            host.ip("route", "add", "default", "via", self.lab.peer_of(host).v4)
            host.ip("-6", "route", "add", "default", "via", self.lab.peer_of(host).v6)
        self.configure(inner=(4, 6))
        self.bring_up()
        self.initiator.kill()
        self.initiator.wait_until_its_interface_is_gone()
        capture = Capture(self.left, outgoing=self.initiator.backend == "kernel")
        for family in (4, 6):
            self.left.ping(self.left.inner(family), self.right.inner(family), count=3, wait=1)
        _, complaints = census(capture.stop().frames(), self.inner_octets())
        self.assertEqual(complaints, [])

    def test_no_packet_leaves_in_clear_between_a_kill_and_the_next_policies(self):
        for host in (self.left, self.right):
            host.ip("route", "add", "default", "via", self.lab.peer_of(host).v4)
        self.configure()
        capture, ended = Capture(self.left), threading.Event()
        with self.left.socket(self.left.inner(4), socket.SOCK_DGRAM) as sender:
            sender.bind((self.left.inner(4), 0))

            def send():
                while not ended.is_set():
                    with contextlib.suppress(OSError):
                        sender.sendto(MARKER, (self.right.inner(4), 9000))
            thread = threading.Thread(target=send, daemon=True)
            thread.start()
            for _ in range(5):
                self.initiator.kill()
                self.initiator.start()
                time.sleep(0.05)
            ended.set()
            thread.join()
        _, complaints = census(capture.stop().frames(), self.inner_octets())
        self.assertEqual(complaints, [])

    def test_connections_that_clients_bring_find_their_routes_held(self):
        self.configure()
        self.initiator.kill()
        (self.initiator.config / "swanctl.conf").unlink()
        self.initiator.start()
        self.assertIn("unreachable 10.2.", self.left.ip("route", "show", "table", "all"))
        self.configure()
        self.bring_up()
        self.expect_data(size=20_000)

    def test_sas_in_userspace_cannot_be_kept(self):
        done = run([BUILD / "keypactd", "--backend", "userspace", "--keep-sas"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--keep-sas means SAs of the kernel: those of --backend userspace end with keypactd", done.stdout)
