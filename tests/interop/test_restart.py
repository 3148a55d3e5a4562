"""keypactd with the kernel's ESP ends, or is killed, and starts again: its SAs carry the traffic until new ones do. Nothing is lost of it,
whoever sends; but what a peer does not send, because it takes its route away before it has a new one, nobody can deliver."""
import contextlib
import json
import re
import time

import kernel_esp
from capture import Capture, classify as kind_of
from lab import LabError, wait_for
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
    def without_loss(self, options=(), can_wait=True):
        """Pings of both ends. What charon takes away at INITIAL_CONTACT, before it has something new, leaves its own pings no way for a
        moment: of those so many may have no answer as packets did not leave it. `options` are ping's, of keypactd's host. What cannot wait there is
        lost as long as the peer has deleted its SA and the new one is not here."""
        hosts = self.daemon.host, self.lab.peer_of(self.daemon.host)
        wire = Capture(hosts[1], outgoing=True)
        pings = [Ping(*hosts, "0.01", options), Ping(*hosts[::-1], "0.01")]
        for ping in pings:
            self.lab.closers.append(ping.process.stop)
        for ping in pings:
            wait_for(lambda p=ping: len(p.answered()) > 3, "the ping is answered")
        yield
        time.sleep(0.2)
        answered, lost = zip(*(ping.stop() for ping in pings))
        self.assertGreater(min(answered), 50)
        if not can_wait and {daemon.kind for daemon in self.daemons()} != {"keypact"}:
            return self.assertLess(max(map(len, lost)), min(answered) / 20)
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
                self.begin_again(before, sas)
        self.assertEqual(self.drift(), "the kernel has what it should have")

    def begin_again(self, before, sas=2):
        self.daemon.start()
        wait_for(lambda: self.pair_in_use() not in (None, before), "another Child SA", 30)
        if self.initiator.speaks_vici and self.responder.speaks_vici:
            self.expect_one_of_each()       # libreswan 4 keeps an IKE SA without a Child SA for a while
        self.assertIn("of the previous run", self.daemon.log_text())
        for host in (self.left, self.right):
            wait_for(lambda h=host: self.count_of_sas(h) == sas, f"{sas} SAs on {host.side}", STRAGGLERS + 5)

    def set_up_with(self, **settings):
        """What keypactd says of its Child SA, whose place in its kernel is its own affair."""
        self.configure(**{"initiator" if self.daemon is self.initiator else "responder": lambda wanted:
                          wanted["connections"]["tunnel"]["children"]["net"].update(settings)})
        self.bring_up()
        (child,) = self.daemon.installed("net")
        return child

    def end_and_configure_a_child_before(self, **settings):
        """It is the first that chooses its numbers when keypactd begins again."""
        self.daemon.kill()
        path = self.daemon.config / "swanctl.conf"
        lines = [f"{key} = {value}" for key, value in
                 {"local_ts": "10.77.0.0/24", "remote_ts": "10.78.0.0/24", **settings}.items()]
        whole, found = re.subn(r"(?m)^(\s*children \{)", "\\1\nadded {\n" + "\n".join(lines) + "\n}\n", path.read_text())
        self.assertEqual(found, 1)
        path.write_text(whole)

    def expect_numbers(self, chosen, word):
        """Of the children of keypactd: `net` has these, and the one that was added has others."""
        (child,) = self.daemon.installed("net")
        self.assertEqual({key: child[key] for key in chosen}, chosen)
        of_added = [block for block in kernel_esp.blocks(self.daemon.host.ip("xfrm", "policy"))
                    if block.startswith("src 10.77.0.0/24")]
        numbers = {int(number, 16) for block in of_added for number in re.findall(rf"{word} 0x(\w+)", block)}
        self.assertTrue(numbers, of_added)
        self.assertFalse(numbers & {int(number, 16) for number in chosen.values()}, of_added)
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
        told = [self.daemon.tool(*words).stdout for words in
                (("status", "--drift"), ("status",), ("status", "tunnel"), ("explain", self.lab.peer_of(self.daemon.host).inner4))]
        as_json = json.loads(self.daemon.tool("status", "--json").stdout)["kept_sas"]
        let_it_hear()
        for text in told:
            self.assertIn("carry tunnel/net: they go when a new Child SA does, at the latest in ", text)
        self.assertEqual((as_json["total"], as_json["shown"][0]["child"]), (1, "net"))
        self.assertLessEqual(as_json["shown"][0]["ends_in_seconds"], 300)
        wait_for(lambda: "of the previous run" not in self.daemon.tool("status").stdout, "new SAs carry the traffic", 90)

    def test_sas_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        self.expect_no_loss(self.daemon.kill, times=5)

    def test_compressed_sas_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        self.vici_or_skip(*self.daemons())
        self.expect_no_loss(self.daemon.kill, sas=4, ipcomp="yes")

    def test_marks_that_were_chosen_stay_and_nobody_else_gets_them(self):
        settings = {"mark_in": "%unique", "mark_out": "%unique", "set_mark_in": "%same"}
        child = self.set_up_with(**settings)
        chosen = {key: child[key] for key in ("mark-in", "mark-out")}
        host = self.daemon.host
        host.lead_everything_to_the_peer()      # marks say which tunnel, not which way
        host.run("sysctl", "-qw", "net.ipv4.fwmark_reflect=1")
        with self.without_loss(("-m", str(int(chosen["mark-out"], 16)))):
            before = wait_for(self.pair_in_use, "the tunnel")
            self.end_and_configure_a_child_before(**settings)
            self.begin_again(before)
        self.expect_numbers(chosen, "mark")

    def test_interfaces_that_were_chosen_stay_and_nobody_else_gets_them(self):
        settings = {"if_id_in": "%unique", "if_id_out": "%unique"}
        child = self.set_up_with(**settings)
        chosen = {key: child[key] for key in ("if-id-in", "if-id-out")}
        host = self.daemon.host
        try:
            host.ip("link", "add", "ipsec0", "type", "xfrm", "dev", host.wires[0], "if_id", str(int(chosen["if-id-out"], 16)))
        except LabError:
            self.skipTest("this kernel has no XFRM interfaces")
        host.ip("link", "set", "ipsec0", "up")
        host.ip("route", "add", self.lab.peer_of(host).net(4), "dev", "ipsec0", "src", host.inner(4))
        try:
            with self.without_loss(can_wait=False):
                before = wait_for(self.pair_in_use, "the tunnel")
                self.end_and_configure_a_child_before(**settings)
                self.begin_again(before)
            self.expect_numbers(chosen, "if_id")
        finally:
            host.ip("link", "del", "ipsec0")    # before it is looked for what the daemons left

    def test_authentication_headers_of_a_run_that_was_killed_carry_until_new_ones_do(self):
        if {daemon.kind for daemon in self.daemons()} != {"keypact"}:
            self.skipTest("of AH kernel_esp.py knows nothing")
        self.expect_no_loss(self.daemon.kill, ah_proposals="sha256-noesn")
