"""A tunnel under a steady ping that must lose nothing, and what both ends say of the SAs in use."""
import contextlib
import re
import signal
import time

from case import IN_GUEST, PairCase
from lab import MARKER, Process, wait_for


class Ping:
    """A steady ping through the tunnel from one host to the other; what has no answer is lost."""

    def __init__(self, source, target, interval="0.05" if IN_GUEST else "0.01", options=()):
        self.path = source.dir / "steady-ping"
        self.path.unlink(missing_ok=True)
        self.process = Process([*source.exec_prefix(), "ping", "-n", "-i", interval, "-p", MARKER[:16].hex(),
                                "-I", source.inner4, *options, target.inner4], self.path)

    def answered(self):
        return [int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", self.path.read_text())]

    def sent(self):
        """How many, once it is stopped."""
        return int(re.search(r"(\d+) packets transmitted", self.path.read_text()).group(1))

    def stop(self):
        """(answered, numbers without an answer); the very last ones may still have been on their way."""
        self.process.stop(signal.SIGINT)
        answered = self.answered()
        return len(answered), sorted(set(range(1, max(answered, default=0))) - set(answered))


class SteadyCase(PairCase):

    @contextlib.contextmanager
    def without_loss(self):
        ping = Ping(self.left, self.right)
        self.lab.closers.append(ping.process.stop)
        wait_for(lambda: len(ping.answered()) > 3, "the ping is answered")
        yield
        time.sleep(0.2)
        count, lost = ping.stop()
        if any(daemon.sends_early for daemon in self.daemons()):
            self.assertLess(len(lost), count / 10, lost)
        else:
            self.assertEqual(lost, [], f"lost of {count} pings")

    def expect_one_of_each(self):
        """Also what was replaced is gone."""
        def settled():
            return self.agreed() and all(len(sas) == 1 and len(sas[0]["children"]) == 1
                                         for sas in (daemon.sas() for daemon in self.daemons()))
        wait_for(settled, "one IKE SA and one Child SA at both ends", 15, 0.1)
