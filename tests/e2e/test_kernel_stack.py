"""What only the kernel's IPsec stack does: it refuses, forgets, and shows what it has. With other stacks these cases are skipped."""
import contextlib
import socket
import time

import kernel_esp
from case import PairCase
from lab import MARKER, wait_for

PORT = 9000
LARVAL_DROP = "/proc/sys/net/core/xfrm_larval_drop"


class KernelStack(PairCase):

    def prepare(self):
        if self.initiator.backend != "kernel":
            self.skipTest("needs keypactd with the kernel's stack")

    def expect_refused(self, daemon, direction):
        """Somebody else has the policy that the child needs in this direction."""
        here, there = daemon.host.net(4), self.lab.peer_of(daemon.host).net(4)
        source, target = (here, there) if direction == "out" else (there, here)
        policy = ("dir", direction, "src", source, "dst", target)
        daemon.host.ip("xfrm", "policy", "add", *policy, "priority", "1", "action", "block")
        self.configure()
        self.initiator.up()
        wait_for(lambda: not self.responder.installed() and not self.initiator.installed(), "the Child SA is gone at both ends")
        for host in (self.left, self.right):
            wait_for(lambda h=host: kernel_esp.states(h) == [], f"no SA on {host.side}")
        self.assertIn(" action block priority 1 ", daemon.host.ip("xfrm", "policy", "get", *policy), "that of somebody else stays")
        self.assertIn("another program has a policy", daemon.log_text())
        daemon.host.ip("xfrm", "policy", "delete", *policy)
        self.initiator.down()
        self.expect_gone()
        self.bring_up()
        self.expect_data(size=20_000)

    def test_I08_the_initiators_outbound_policy_is_refused(self):
        self.expect_refused(self.initiator, "out")

    def test_I08_the_responders_inbound_policy_is_refused(self):
        self.expect_refused(self.responder, "in")

    def test_sas_that_somebody_flushes_come_back(self):
        self.configure()
        self.bring_up()
        before = self.initiator.installed()[0]["uniqueid"]
        self.left.ip("xfrm", "state", "flush")
        wait_for(lambda: self.left.ping(self.left.inner4, self.right.inner4, count=1, wait=1) and
                 [child["uniqueid"] for child in self.initiator.installed()] != [before], "another Child SA", 15)

    def test_what_somebody_else_changes_is_told(self):
        self.configure()
        self.bring_up()
        agreed = self.initiator.tool("status", "--drift")
        self.assertEqual(agreed.returncode, 0, agreed.stdout)
        self.assertEqual(agreed.stdout.strip(), "the kernel has what it should have")
        (child,) = self.initiator.installed()
        self.left.ip("xfrm", "state", "delete", "src", self.left.v4, "dst", self.right.v4, "proto", "esp",
                     "spi", f"0x{child['spi-out']}")
        self.left.ip("xfrm", "policy", "delete", "dir", "in", "src", self.right.net4, "dst", self.left.net4)
        told = self.initiator.tool("status", "--drift")
        self.assertEqual(told.returncode, 1)
        self.assertIn(f"the kernel lacks the SA {child['spi-out']} to {self.right.v4} of Child SA", told.stdout)
        self.assertIn(f"the kernel lacks the policy in for {self.right.net4} to {self.left.net4}", told.stdout)

    def test_only_the_protocol_and_the_port_of_the_child(self):
        def tcp_only(configuration):
            child = configuration["connections"]["tunnel"]["children"]["net"]
            side = "local_ts" if "right" in configuration["connections"]["tunnel"]["local"]["id"] else "remote_ts"
            child["local_ts"], child["remote_ts"] = child["local_ts"][0] + "[tcp]", child["remote_ts"][0] + "[tcp]"
            child[side] = child[side].replace("[tcp]", f"[tcp/{PORT}]")
        self.lead_everything_to_the_peer()
        self.configure(both=tcp_only)
        self.bring_up()
        # What the child is not about goes on as before, by whatever routes there are.
        self.assertEqual(self.left.ping(self.left.inner4, self.right.inner4, count=1), 1)
        self.assertEqual(self.initiator.installed()[0]["packets-out"], "0")
        with self.right.socket(self.right.inner4, socket.SOCK_STREAM) as listener, \
                self.left.socket(self.right.inner4, socket.SOCK_STREAM) as sender:
            listener.bind((self.right.inner4, PORT))
            listener.listen()
            sender.settimeout(5)
            sender.bind((self.left.inner4, 0))
            sender.connect((self.right.inner4, PORT))
            sender.sendall(MARKER)
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                self.assertEqual(connection.recv(len(MARKER)), MARKER)
        self.expect_counted()

    def test_large_replay_windows_and_extended_numbers_are_the_kernels(self):
        def window(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["replay_window"] = 4096
        self.configure(both=window)
        self.bring_up()
        self.expect_data(size=20_000)
        state = self.left.ip("xfrm", "state")
        self.assertEqual(state.count("replay_window 4096, bitmap-length 128"), 2)
        self.assertEqual(state.count("esn"), state.count("flag af-unspec esn") + state.count("anti-replay esn context"))

    def test_a_setting_of_the_kernel_is_given_back(self):
        held = self.left.run("cat", LARVAL_DROP).stdout.strip()
        self.initiator.stop()
        self.assertEqual((held, self.left.run("cat", LARVAL_DROP).stdout.strip()), ("0", "1"))
        self.initiator.start()

    def test_questions_of_the_kernel_are_asked_again_when_nothing_came_of_them(self):
        def trap(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["start_action"] = "trap"
            configuration["connections"]["tunnel"]["remote_addrs"] = "192.0.2.77"      # nobody
        self.configure(initiator=trap)
        with contextlib.suppress(OSError):
            self.left.ping(self.left.inner4, self.right.inner4, count=1, wait=1)
        wait_for(lambda: self.initiator.sas(), "the packet asks")

        def here(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["start_action"] = "trap"
        self.initiator.down()
        wait_for(lambda: not self.initiator.sas(), "it gives up")
        self.configure(initiator=here)
        began = time.monotonic()
        wait_for(lambda: self.left.ping(self.left.inner4, self.right.inner4, count=1, wait=1), "the tunnel", 20)
        self.assertLess(time.monotonic() - began, 15, "the kernel would wait for 30 s")
