"""keypactd with the kernel's ESP ends, or is killed, and starts again: its SAs carry the traffic until new ones do. Nothing is lost of it,
whoever sends; but what a peer does not send, because it takes its route away before it has a new one, nobody can deliver."""
import contextlib
import time

import kernel_esp
from capture import Capture, classify as kind_of
from lab import wait_for
from steady import Ping, SteadyCase

PROTECTED = "ESP", "IP protocol 51"
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

    @contextlib.contextmanager
    def without_loss(self):
        """Pings of both ends. What charon takes away at INITIAL_CONTACT, before it has something new, leaves its own pings no way for a
        moment: of those so many may have no answer as packets did not leave it."""
        hosts = self.daemon.host, self.lab.peer_of(self.daemon.host)
        wire = Capture(hosts[1], outgoing=True)
        pings = [Ping(source, target, "0.01") for source, target in (hosts, hosts[::-1])]
        for ping in pings:
            self.lab.closers.append(ping.process.stop)
        for ping in pings:
            wait_for(lambda p=ping: len(p.answered()) > 3, "the ping is answered")
        yield
        time.sleep(0.2)
        answered, lost = zip(*(ping.stop() for ping in pings))
        self.assertGreater(min(answered), 50)
        self.assertEqual(lost[0], [], f"lost of {answered[0]} pings of keypactd")
        if any(daemon.kind.startswith("strongswan") for daemon in self.daemons()):
            left_the_peer = sum(kind_of(frame) in PROTECTED for frame in wire.stop().frames())
            unsent = sum(ping.sent() for ping in pings) - left_the_peer
            self.assertEqual(len(lost[1]), unsent, f"lost of {answered[1]} pings of the peer: {lost[1]}")
            self.assertLess(unsent, answered[1] / 50)
        else:
            self.assertEqual(lost[1], [], f"lost of {answered[1]} pings of the peer")

    def pair_in_use(self):
        """The SPIs of the only Child SA, where both ends say the same."""
        found = [[(child["spi-in"], child["spi-out"]) for child in daemon.installed()] for daemon in self.daemons()]
        return found[0][0] if len(found[0]) == 1 and [pair[::-1] for pair in found[0]] == found[1] else None

    def peer_stops_hearing(self):
        """Its IKE daemon; its kernel goes on."""
        peer = self.lab.peer_of(self.daemon.host)
        for words in (("add", "table", "inet", "lab"),
                      ("add", "chain", "inet", "lab", "in", "{ type filter hook input priority 0; }"),
                      ("add", "rule", "inet", "lab", "in", "udp dport 500 drop")):
            peer.nft(*words)
        return lambda: peer.run("nft", "delete", "table", "inet", "lab")

    def count_of_sas(self, host):
        """Without what the kernel makes by itself for compression."""
        return sum(state["proto"] in ("esp", "ah", "comp") for state in kernel_esp.states(host))

    def drift(self):
        return self.daemon.tool("status", "--drift").stdout.strip()

    def expect_no_loss(self, end, sas=2, times=1, **settings):
        """The traffic goes on while there is no daemon, and when new SAs take over."""
        self.configure(both=lambda wanted: wanted["connections"]["tunnel"]["children"]["net"].update(settings))
        self.bring_up()
        with self.without_loss():
            for _ in range(times):
                before = wait_for(self.pair_in_use, "the tunnel")
                end()
                time.sleep(1)
                self.daemon.start()
                wait_for(lambda b=before: self.pair_in_use() not in (None, b), "another Child SA", 30)
                if self.initiator.speaks_vici and self.responder.speaks_vici:
                    self.expect_one_of_each()       # libreswan 4 keeps an IKE SA without a Child SA for a while
                self.assertIn("of the previous run", self.daemon.log_text())
                for host in (self.left, self.right):
                    wait_for(lambda h=host: self.count_of_sas(h) == sas, f"{sas} SAs on {host.side}", STRAGGLERS + 5)
        self.assertEqual(self.drift(), "the kernel has what it should have")

    def test_sas_that_are_kept_carry_until_new_ones_do(self):
        self.expect_no_loss(self.end_and_keep)

    def test_a_stop_leaves_nothing_where_nothing_is_to_be_kept(self):
        self.daemon.options.pop("--keep-sas")
        self.daemon.stop()
        self.daemon.start()
        self.configure()
        self.bring_up()
        self.daemon.stop()
        self.assertEqual(self.daemon.leftovers(), [])
        self.daemon.start()

    def test_sas_that_fit_nothing_go_at_once_and_it_is_said(self):
        self.configure()
        self.bring_up()
        self.daemon.kill()
        path = self.daemon.config / "swanctl.conf"
        path.write_text(path.read_text().replace(self.daemon.host.net4, "10.77.0.0/24"))
        self.daemon.start()
        self.assertEqual(kernel_esp.states(self.daemon.host), [])
        self.assertIn("are removed: tunnel/net has other traffic selectors", self.daemon.log_text())
        self.assertEqual(self.drift(), "the kernel has what it should have")

    def test_what_is_kept_is_told_until_it_is_replaced(self):
        self.configure()
        self.bring_up()
        self.daemon.kill()
        let_it_hear = self.peer_stops_hearing()
        self.daemon.start()
        told = self.drift()
        let_it_hear()
        self.assertIn("carry tunnel/net: they go when a new Child SA does, at the latest in ", told)

    def test_sas_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        self.expect_no_loss(self.daemon.kill, times=5)

    def test_compressed_sas_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        self.vici_or_skip(*self.daemons())
        self.expect_no_loss(self.daemon.kill, sas=4, ipcomp="yes")

    def test_authentication_headers_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        if {daemon.kind for daemon in self.daemons()} != {"keypact"}:
            self.skipTest("of AH kernel_esp.py knows nothing")
        self.expect_no_loss(self.daemon.kill, ah_proposals="sha256-noesn")
