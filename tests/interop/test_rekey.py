"""Rekeying of Child SAs and IKE SAs from each side, from both at once, and by time, under a ping that loses nothing.
RFC 7296 §2.8, §2.8.1, §2.8.2."""
import concurrent.futures
import contextlib
import time

from case import IN_GUEST
from lab import wait_for
from steady import SteadyCase

TIMES = 5 if IN_GUEST else 50           # rekeyings in a row


class Rekey(SteadyCase):

    def prepare(self):
        for daemon in self.daemons():
            daemon.settings = "make_before_break = yes"     # strongSwan's reauthentication

    def rekey(self, daemon, what):
        outcome = daemon.rekey(what)
        self.assertTrue(outcome.ok, outcome.text)

    def rekey_at_once(self, kinds):
        """One kind for each end; how many of the two found their SA, which the other end may have replaced already."""
        asked = [(daemon, daemon.rekey_request(what)) for daemon, what in zip(self.daemons(), kinds)]
        with concurrent.futures.ThreadPoolExecutor() as both:
            answers = list(both.map(lambda ask: ask[0].request("rekey", ask[1])[0]["matches"], asked))
        return answers.count("1")

    def many_times(self, daemon, what):
        self.configure()
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(TIMES):
                self.rekey(daemon, what)
                now = wait_for(lambda before=now: self.is_new(what, before), f"rekeying {number}", 15)
                time.sleep(0.1)     # keypactd answers ten in a second
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
        self.configure(ike="aes256gcm16-prfsha384-ecp256", esp="aes128gcm16-ecp256")
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(8 if IN_GUEST else 24):
                daemon, what = self.daemons()[number % 2], ("child", "ike", "ike", "child")[number % 4]
                self.rekey(daemon, what)
                now = wait_for(lambda before=now, w=what: self.is_new(w, before), f"rekeying {number} ({what})", 15)
            self.expect_one_of_each()

    # Both ends at once.

    @contextlib.contextmanager
    def unheard(self):
        """Meanwhile no end hears the other's IKE messages; ESP passes."""
        hosts = self.left, self.right
        if "not supported" in self.left.run("nft", "add", "table", "inet", "lab", check=False).stdout:
            self.skipTest("needs nftables' inet tables in the kernel")
        for host in hosts:
            for words in (("add", "table", "inet", "lab"),
                          ("add", "chain", "inet", "lab", "in", "{ type filter hook input priority 0; }"),
                          ("add", "rule", "inet", "lab", "in", "iif wire udp dport 500 drop"),
                          # RFC 3948 §2.2: the marker of an IKE message.
                          ("add", "rule", "inet", "lab", "in", "iif wire udp dport 4500 @th,64,32 0 drop")):
                host.nft(*words)
        yield
        for host in hosts:
            host.run("nft", "delete", "table", "inet", "lab")

    def at_once(self, what, theirs=None, times=10):
        """In every second round for certain: both requests are on their way before either arrives."""
        self.vici_or_skip(*self.daemons())
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
                if any(daemon.unable("bear two rekeyings while its own is out") for daemon in self.daemons()):
                    wait_for(self.nothing_is_out, "the end of every exchange")
            self.expect_one_of_each()

    def nothing_is_out(self):
        return not any("tasks-active" in sa for daemon in self.daemons() for sa in daemon.sas())

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
        self.vici_or_skip(self.initiator)
        self.skip_if_unable(self.responder, "bear two IKE SAs")
        self.configure()
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(5):
                sa = self.initiator.established()[0]
                response, _ = self.initiator.request("rekey", {"ike-id": sa["uniqueid"], "reauth": "yes"})
                self.assertEqual(response["success"], "yes", response.get("errmsg"))
                now = wait_for(lambda before=now: self.is_new("ike", before), f"reauthentication {number}", 15)
