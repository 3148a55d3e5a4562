"""keypactd with the kernel's ESP ends, or is killed, and starts again: its SAs carry the traffic until new ones do."""
import time

import kernel_esp
from lab import wait_for
from steady import SteadyCase

STRAGGLERS = 5                          # seconds that what was sent on the old SAs is accepted


class Restart(SteadyCase):

    keeps_pair = False

    def prepare(self):
        self.daemon = self.keypact_or_skip()
        if self.daemon.backend != "kernel":
            self.skipTest("needs keypactd with the kernel's stack")
        self.daemon.options["--keep-sas"] = None

    def end_and_keep(self):
        self.assertEqual(self.daemon.stop(), 0)

    def tearDown(self):
        if self.daemon.options.pop("--keep-sas", "") is None:
            self.daemon.stop()
            self.daemon.start()
        super().tearDown()

    def drift(self):
        return self.daemon.tool("status", "--drift").stdout.strip()

    def expect_no_loss(self, end):
        """The traffic goes on while there is no daemon, and when new SAs take over."""
        self.configure()
        self.bring_up()
        with self.without_loss():
            before = wait_for(self.agreed, "the tunnel")
            end()
            time.sleep(1)
            self.daemon.start()
            wait_for(lambda: self.is_new("child", before), "another Child SA", 30)
            self.expect_one_of_each()
            self.assertIn("of the previous run", self.daemon.log_text())
            time.sleep(STRAGGLERS + 0.5)
        for host in (self.left, self.right):
            self.assertEqual(len(kernel_esp.states(host)), 2, f"SAs on {host.side}")
        self.assertEqual(self.drift(), "the kernel has what it should have")

    def test_sas_that_are_kept_carry_until_new_ones_do(self):
        self.expect_no_loss(self.end_and_keep)

    def test_sas_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        self.expect_no_loss(self.daemon.kill)
