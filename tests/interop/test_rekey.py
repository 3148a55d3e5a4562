"""Rekeying of Child SAs and IKE SAs from each side, from both at once, and by time, under a ping that loses nothing.
RFC 7296 §2.8, §2.8.1, §2.8.2."""
import concurrent.futures
import contextlib
import re
import signal
import time

from case import PairCase
from lab import MARKER, Process, wait_for

TIMES = 50                              # rekeyings in a row


class Ping:
    """A steady ping through the tunnel from one host to the other; what has no answer is lost."""

    def __init__(self, source, target, interval="0.01"):
        self.path = source.dir / "steady-ping"
        self.path.unlink(missing_ok=True)
        self.process = Process([*source.exec_prefix(), "ping", "-n", "-i", interval, "-p", MARKER[:16].hex(),
                                "-I", source.inner4, target.inner4], self.path)

    def answered(self):
        return [int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", self.path.read_text())]

    def stop(self):
        """(answered, numbers without an answer); the very last ones may still have been on their way."""
        self.process.stop(signal.SIGINT)
        answered = self.answered()
        return len(answered), sorted(set(range(1, max(answered, default=0))) - set(answered))


class Rekey(PairCase):

    def prepare(self):
        for daemon in self.daemons():
            daemon.settings = "make_before_break = yes"     # strongSwan's reauthentication

    @contextlib.contextmanager
    def without_loss(self):
        ping = Ping(self.left, self.right)
        self.lab.closers.append(ping.process.stop)
        wait_for(lambda: len(ping.answered()) > 3, "the ping is answered")
        yield
        time.sleep(0.2)
        count, lost = ping.stop()
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
        ike = current[0]["initiator-spi"] + current[0]["responder-spi"]
        return ike, spis if daemon.host is self.left else spis[::-1]

    def agreed(self):
        ours, theirs = (self.tunnel(daemon) for daemon in self.daemons())
        return ours if ours and ours == theirs else None

    def request(self, daemon, what):
        """What to ask for a rekeying of the Child SA or of the IKE SA in use."""
        (sa,) = daemon.established()
        (child,) = (child for child in sa["children"] if child["state"] == "INSTALLED")
        return {"ike-id": sa["uniqueid"]} if what == "ike" else {"child-id": child["uniqueid"]}

    def rekey(self, daemon, what):
        response, _ = daemon.request("rekey", self.request(daemon, what))
        self.assertEqual((response["success"], response["matches"]), ("yes", "1"), response.get("errmsg"))

    def rekey_at_once(self, kinds):
        """One kind for each end; how many of the two found their SA, which the other end may have replaced already."""
        asked = [(daemon, self.request(daemon, what)) for daemon, what in zip(self.daemons(), kinds)]
        with concurrent.futures.ThreadPoolExecutor() as both:
            answers = list(both.map(lambda ask: ask[0].request("rekey", ask[1])[0]["matches"], asked))
        return answers.count("1")

    def is_new(self, what, before):
        after = self.agreed()
        return after if after and (after[0] != before[0] if what == "ike" else after[1] != before[1]) else None

    def expect_one_of_each(self):
        """Also what was replaced is gone."""
        def settled():
            return self.agreed() and all(len(sas) == 1 and len(sas[0]["children"]) == 1
                                         for sas in (daemon.sas() for daemon in self.daemons()))
        wait_for(settled, "one IKE SA and one Child SA at both ends", 15, 0.1)

    def many_times(self, daemon, what):
        self.configure()
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(TIMES):
                self.rekey(daemon, what)
                now = wait_for(lambda before=now: self.is_new(what, before), f"rekeying {number}", 15)
            self.expect_one_of_each()
        self.expect_data(size=20_000)

    def test_child_sa_by_the_initiator(self):
        self.many_times(self.initiator, "child")

    def test_child_sa_by_the_responder(self):
        self.many_times(self.responder, "child")

    def test_ike_sa_by_the_initiator(self):
        self.many_times(self.initiator, "ike")

    def test_ike_sa_by_the_responder(self):
        self.many_times(self.responder, "ike")

    def test_by_turns(self):
        self.configure(both=lambda conf: conf["connections"]["tunnel"]["children"]["net"].update(
            esp_proposals="aes128gcm16-ecp256"))
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(24):
                daemon, what = self.daemons()[number % 2], ("child", "ike", "ike", "child")[number % 4]
                self.rekey(daemon, what)
                now = wait_for(lambda before=now, w=what: self.is_new(w, before), f"rekeying {number} ({what})", 15)
            self.expect_one_of_each()

    # Both ends at once.

    @contextlib.contextmanager
    def unheard(self):
        """Meanwhile no end hears the other's IKE messages; ESP passes."""
        hosts = self.left, self.right
        for host in hosts:
            for words in (("add", "table", "inet", "lab"),
                          ("add", "chain", "inet", "lab", "in", "{ type filter hook input priority 0; }"),
                          ("add", "rule", "inet", "lab", "in", "iif wire udp dport 500 drop"),
                          # RFC 3948 §2.2: the marker of an IKE message.
                          ("add", "rule", "inet", "lab", "in", "iif wire udp dport 4500 @th,64,32 0 drop")):
                host.run("nft", *words)
        yield
        for host in hosts:
            host.run("nft", "delete", "table", "inet", "lab")

    def at_once(self, what, theirs=None, times=10):
        """In every second round for certain: both requests are on their way before either arrives."""
        self.configure()
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(times):
                for_certain = bool(number % 2)
                with self.unheard() if for_certain else contextlib.nullcontext():
                    begun = self.rekey_at_once((what, theirs or what))
                    time.sleep(0.1 if for_certain else 0)
                self.assertGreaterEqual(begun, 2 if for_certain else 1)
                now = wait_for(lambda before=now: self.is_new(what, before), f"collision {number}", 20, 0.05)
            self.expect_one_of_each()

    def test_child_sa_by_both_at_once(self):
        self.at_once("child")

    def test_ike_sa_by_both_at_once(self):
        self.at_once("ike")

    def test_child_sa_by_one_and_ike_sa_by_the_other_at_once(self):
        self.at_once("ike", "child", 8)

    # By time.

    def test_by_time_at_both_ends(self):
        def often(configuration):
            tunnel = configuration["connections"]["tunnel"]
            tunnel.update(rekey_time="5s", over_time="5s", rand_time="1s")
            tunnel["children"]["net"].update(rekey_time="2s", life_time="6s", rand_time="1s")
        self.configure(both=often)
        self.bring_up()
        seen = set()
        with self.without_loss():
            end = time.monotonic() + 20
            while time.monotonic() < end:
                seen.add(self.agreed())
                time.sleep(0.05)
        seen.discard(None)
        self.assertGreater(len({ike for ike, _ in seen}), 2, "IKE SAs in 20 s")
        self.assertGreater(len({child for _, child in seen}), 6, "Child SAs in 20 s")
        wait_for(self.agreed, "one IKE SA and one Child SA at both ends", 15)
        self.initiator.down()
        self.expect_gone()

    def test_reauthentication_by_the_initiator(self):
        self.configure()
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(5):
                sa = self.initiator.established()[0]
                response, _ = self.initiator.request("rekey", {"ike-id": sa["uniqueid"], "reauth": "yes"})
                self.assertEqual(response["success"], "yes", response.get("errmsg"))
                now = wait_for(lambda before=now: self.is_new("ike", before), f"reauthentication {number}", 15)
