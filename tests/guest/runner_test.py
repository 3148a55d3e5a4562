#!/usr/bin/env python3
"""What run.py promises of streams, exit status, files, time and death."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import run as guest  # noqa: E402

BUILD = pathlib.Path(os.environ.get("KEYPACT_BUILD_DIR", HERE.parents[1] / "build"))


def run(*words, options=(), **more):
    return subprocess.run([sys.executable, "-B", HERE / "run.py", *options, "--", *words], capture_output=True, text=True,
                          timeout=120, check=False, **more)


@unittest.skipIf(guest.kernel() is None, "no guest kernel")
class Runner(unittest.TestCase):

    def test_streams_status_and_environment_come_back(self):
        done = run("sh", "-c", 'echo "$GREETING"; echo complaint >&2; id -u; exit 7', env=dict(os.environ, GREETING="it's \"me\""))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, "it's \"me\"\n0\n", "complaint\n"))

    def test_much_output_passes_unharmed(self):
        done = run("sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
        self.assertEqual(done.stdout, "x" * 3000000)

    def test_only_the_tree_is_written_to(self):
        with tempfile.TemporaryDirectory(dir=BUILD) as inside, tempfile.TemporaryDirectory() as outside:
            done = run("sh", "-c", f"echo kept > {inside}/file; mkdir -p {outside}; echo lost > {outside}/file")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(pathlib.Path(inside, "file").read_text(), "kept\n")
            self.assertEqual(os.listdir(outside), [])

    def test_a_guest_that_takes_too_long_is_ended(self):
        self.assertEqual(run("sleep", "100", options=("--timeout", "8")).returncode, guest.TIMED_OUT)

    def test_a_guest_that_dies_is_told_from_a_command_that_fails(self):
        done = run("sh", "-c", "echo o > /proc/sysrq-trigger; sleep 5")
        self.assertEqual(done.returncode, guest.DIED)
        self.assertIn("Power down", done.stderr)

    def test_simulated_time_takes_none(self):
        done = run("sleep", "3600", options=("--time-travel", "--timeout", "60"))
        if done.returncode == guest.NO_KERNEL:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(guest.NO_KERNEL)
    sys.exit(not result.wasSuccessful())
