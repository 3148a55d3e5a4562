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

    def daemons(self):
        return self.initiator, self.responder

    def tunnel(self, daemon):
        """The SPIs of the IKE SA and of the Child SA (from the left) that are in use; nothing while anything is on the move."""
        sas = daemon.sas()
        current = [sa for sa in sas if sa["state"] == "ESTABLISHED"]
        children = [child for sa in sas for child in sa["children"] if child["state"] == "INSTALLED"]
        moving = [child for sa in sas for child in sa["children"] if child["state"] not in ("INSTALLED", "DELETED")]
        others = [sa for sa in sas if sa["state"] != "REKEYED"]     # that one is the peer's to delete
        if len(others) != 1 or len(current) != 1 or len(children) != 1 or moving:
            return None
        spis = children[0]["spi-in"], children[0]["spi-out"]
        ike = None if "initiator-spi" in daemon.untold else current[0]["initiator-spi"] + current[0]["responder-spi"]
        return ike, spis if daemon.host is self.left else spis[::-1]

    def agreed(self):
        ours, theirs = (self.tunnel(daemon) for daemon in self.daemons())
        if not ours or not theirs or ours[1] != theirs[1]:
            return None
        if None in (ours[0], theirs[0]):
            return ours[0] or theirs[0], ours[1]
        return ours if ours == theirs else None

    def is_new(self, what, before):
        after = self.agreed()
        return after if after and (after[0] != before[0] if what == "ike" else after[1] != before[1]) else None

    def expect_one_of_each(self):
        """Also what was replaced is gone."""
        def settled():
            return self.agreed() and all(len(sas) == 1 and len(sas[0]["children"]) == 1
                                         for sas in (daemon.sas() for daemon in self.daemons()))
        wait_for(settled, "one IKE SA and one Child SA at both ends", 15, 0.1)
