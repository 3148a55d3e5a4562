"""A pair of running daemons that one case hands to the next, where to start them is what takes the time: in the guest, whose processes
begin slowly. Only a pair that is as it began is kept: alive, nobody killed, no SA left."""
import subprocess

from lab import LabError, wait_for


class Pair:
    """A lab and its two daemons; `key` says for which cases it is."""

    def __init__(self, key, lab, initiator, responder):
        self.key, self.lab, self.initiator, self.responder = key, lab, initiator, responder
        self.processes = [daemon.process for daemon in self.daemons()]

    def daemons(self):
        return self.initiator, self.responder

    def put_to_rest(self):
        """Ends all SAs; whether the pair is as it began."""
        try:
            if [daemon.process for daemon in self.daemons()] != self.processes or not all(d.alive() for d in self.daemons()):
                return False
            # One end deletes, the other follows: not every daemon bears both at once.
            for daemon in sorted(self.daemons(), key=lambda d: not d.speaks_vici):
                for sa in daemon.sas():
                    daemon.terminate(ike_id=sa["uniqueid"])
                wait_for(lambda: not self.initiator.sas() and not self.responder.sas(), "no SA is left", 3)
        except (LabError, OSError, subprocess.TimeoutExpired):
            return False
        return True

    def end(self):
        """Ends the daemons; what was not as it should be."""
        complaints = []
        for daemon in self.daemons():
            if daemon.process is None:
                continue
            who = f"{daemon.kind} on {daemon.host.side}"
            if not daemon.alive():
                complaints.append(f"{who} ended by itself")
            elif (status := daemon.stop()) != 0 and (status is not None or daemon.ends_for_sure):
                complaints.append(f"{who} did not end cleanly at SIGTERM: {status}")
            complaints += [f"{who} left {line}" for line in daemon.leftovers()]
        return complaints


class Keeper:
    """At most one pair."""

    def __init__(self):
        self.pair = None

    def take(self, key):
        """The pair, if it is for such cases; else it is ended."""
        if self.pair and self.pair.key != key:
            self.end()
        pair, self.pair = self.pair, None
        return pair

    def keep(self, pair):
        self.pair = pair

    def end(self):
        if self.pair:
            pair, self.pair = self.pair, None
            complaints = pair.end()
            logs = pair.lab.logs()
            pair.lab.close()
            if complaints:
                raise AssertionError("\n".join([*complaints, logs]))
