"""Children whose selectors overlap and that differ in netfilter marks or XFRM interfaces; reqid, priority and TFC padding."""
from capture import classify
from case import PairCase
from kernel_esp import policies, states
from lab import LabError, wait_for

ID = 42


def of_child(name="net", **settings):
    def edit(configuration):
        configuration["connections"]["tunnel"]["children"][name].update(settings)
    return edit


class Placement(PairCase):

    keeps_pair = False

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            if not daemon.needs_kernel_esp and getattr(daemon, "backend", None) != "kernel":
                self.skipTest("marks and XFRM interfaces are the kernel's")
        self.vici_or_skip(self.initiator, self.responder)

    def echo_keeps_the_mark(self):
        for host in (self.left, self.right):
            host.run("sysctl", "-qw", "net.ipv4.fwmark_reflect=1")

    def pings(self, mark=None):
        options = () if mark is None else ("-m", mark)
        return self.left.ping(self.left.inner(4), self.right.inner(4), options=options)

    def carried(self, daemon, child):
        (found,) = daemon.installed(child)
        return int(found["packets-out"])

    def test_marks_choose_between_children_whose_selectors_overlap(self):
        def edit(configuration):
            children = configuration["connections"]["tunnel"]["children"]
            children["second"] = dict(children["net"])
            # Without marks the smaller one would have all packets between its addresses.
            for key in ("local_ts", "remote_ts"):
                children["second"][key] = [network.replace("/24", "/25") for network in children["net"][key]]
            for number, child in enumerate(children.values(), 1):
                child |= {"mark_in": number, "mark_out": number, "set_mark_in": "%same"}
        self.configure(both=edit)
        self.lead_everything_to_the_peer()      # marks say which tunnel, not which way
        self.echo_keeps_the_mark()
        self.bring_up("net")
        self.bring_up("second")
        for number, child, other in ((1, "net", "second"), (2, "second", "net")):
            for daemon in (self.initiator, self.responder):
                (told,) = daemon.installed(child)
                self.assertEqual((told["mark-in"], told["mark-out"]), (f"{number:08x}",) * 2, daemon.kind)
            before = [(self.carried(daemon, child), self.carried(daemon, other))
                      for daemon in (self.initiator, self.responder)]
            self.assertEqual(self.pings(number), 2, f"with mark {number}")
            for daemon, (here, there) in zip((self.initiator, self.responder), before):
                self.assertEqual(self.carried(daemon, child), here + 2, daemon.kind)
                self.assertEqual(self.carried(daemon, other), there, daemon.kind)
        self.initiator.down()
        self.expect_gone()
        for daemon in (self.initiator, self.responder):
            self.assertEqual(states(daemon.host), [])

    def test_a_rekeying_keeps_chosen_marks(self):
        self.configure(both=of_child(mark_in="%unique", mark_out="%unique", set_mark_in="%same"))
        self.bring_up()

        def marks():
            return [(daemon.installed()[0]["mark-in"], daemon.installed()[0]["mark-out"])
                    for daemon in (self.initiator, self.responder)]
        before = marks()
        for daemon in (self.initiator, self.responder):
            old = daemon.installed()[0]["uniqueid"]
            daemon.request("rekey", {"child": "net"})
            wait_for(lambda d=daemon, o=old: [c["uniqueid"] for c in d.installed("net")] not in ([], [o])
                     and len(d.installed("net")) == 1, "the rekeying", 20)
        self.assertEqual(marks(), before)

    def test_xfrm_interfaces(self):
        for host in (self.left, self.right):
            try:
                host.ip("link", "add", "ipsec0", "type", "xfrm", "dev", host.wires[0], "if_id", str(ID))
            except LabError:
                self.skipTest("this kernel has no XFRM interfaces")
            host.ip("link", "set", "ipsec0", "up")
            host.ip("route", "add", self.lab.peer_of(host).net(4), "dev", "ipsec0", "src", host.inner(4))
        self.configure(both=of_child(local_ts="0.0.0.0/0", remote_ts="0.0.0.0/0", if_id_in=ID, if_id_out=ID))
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            (told,) = daemon.installed()
            self.assertEqual((told["if-id-in"], told["if-id-out"]), (f"{ID:08x}",) * 2, daemon.kind)
        self.expect_data()
        self.expect_counted()
        # What takes no way through the interface is nobody's business, though the selectors cover it.
        self.assertEqual(self.left.ping(self.left.outer(4), self.right.outer(4)), 2)
        for daemon in (self.initiator, self.responder):
            old = daemon.installed()[0]["uniqueid"]
            daemon.request("rekey", {"child": "net"})
            wait_for(lambda d=daemon, o=old: [c["uniqueid"] for c in d.installed("net")] not in ([], [o])
                     and len(d.installed("net")) == 1, "the rekeying", 20)
            self.assertEqual(self.pings(), 2)
        for host in (self.left, self.right):
            host.ip("link", "del", "ipsec0")    # before it is looked for what the daemons left

    def test_reqid_and_priority(self):
        self.configure(both=of_child(reqid=77, priority=1234))
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            ours = [policy for policy in policies(daemon.host) if policy["dir"] in ("in", "out", "fwd")]
            self.assertEqual({state["reqid"] for state in states(daemon.host)}, {77}, daemon.kind)
            self.assertEqual(len(ours), 3, daemon.kind)
            for policy in ours:
                self.assertIn(" reqid 77 ", policy["template"], daemon.kind)
        for host in (self.left, self.right):
            self.assertEqual(host.ip("xfrm", "policy").count("priority 1234 "), 3)

    def test_policies_that_somebody_else_makes(self):
        self.configure(both=of_child(policies="no", reqid=77))
        self.bring_up()
        for host in (self.left, self.right):
            self.assertEqual([p for p in policies(host) if p["dir"] in ("in", "out", "fwd")], [])
            self.assertEqual({state["reqid"] for state in states(host)}, {77})

    def test_tfc_padding(self):
        self.configure(both=of_child(tfc_padding=1000))
        self.bring_up()
        captures = self.captures()
        for size in (10, 300, 700):
            self.assertEqual(self.left.ping(self.left.inner(4), self.right.inner(4), size=size), 2)
        sizes = {len(frame) for capture in captures for frame in capture.stop().frames() if classify(frame) == "ESP"}
        if len(sizes) == 3:
            self.skipTest("this kernel pads nothing, for neither daemon")
        self.assertEqual(len(sizes), 1, f"the sizes of packets are seen on the wire: {sizes}")


class Vti(PairCase):

    keeps_pair = False

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            if not daemon.needs_kernel_esp:
                self.skipTest("a VTI is the kernel's")
            daemon.settings = "install_routes = no"     # charon's would lead past the VTI
        self.vici_or_skip(self.initiator, self.responder)

    def test_vti_by_marks(self):
        """A VTI marks what is routed to it with its key, and looks for the SA of what comes in by that mark."""
        for host in (self.left, self.right):
            peer = self.lab.peer_of(host)
            try:
                host.ip("link", "add", "vti7", "type", "vti", "local", host.v4, "remote", peer.v4, "key", str(ID))
            except LabError:
                self.skipTest("this kernel has no VTI")
            host.ip("link", "set", "vti7", "up")
            host.ip("route", "add", peer.net(4), "dev", "vti7", "src", host.inner(4))
            host.run("sysctl", "-qw", "net.ipv4.conf.vti7.disable_policy=1")
        self.configure(both=of_child(local_ts="0.0.0.0/0", remote_ts="0.0.0.0/0", mark_in=ID, mark_out=ID))
        self.bring_up()
        with self.clean_wire():
            self.expect_data()
        self.expect_counted()
        for host in (self.left, self.right):
            received, sent = (int(host.run("cat", f"/sys/class/net/vti7/statistics/{way}_packets").stdout) for way in ("rx", "tx"))
            self.assertGreater(received, 3, "what comes in comes by the VTI")
            self.assertGreater(sent, 3, "what goes out goes by the VTI")
        # What takes no way through it is nobody's business, though the selectors cover it.
        self.assertEqual(self.left.ping(self.left.outer(4), self.right.outer(4)), 2)
        for daemon in (self.initiator, self.responder):
            old = daemon.installed()[0]["uniqueid"]
            daemon.request("rekey", {"child": "net"})
            wait_for(lambda d=daemon, o=old: [c["uniqueid"] for c in d.installed("net")] not in ([], [o])
                     and len(d.installed("net")) == 1, "the rekeying", 20)
            self.assertEqual(self.left.ping(self.left.inner(4), self.right.inner(4)), 2)
        for host in (self.left, self.right):
            host.ip("link", "del", "vti7")      # before it is looked for what the daemons left
