"""Selectors with protocol and ports, and types of ICMP: what they say is carried, and nothing else. RFC 4301 §4.4.1.1."""
import contextlib
import socket
import time

from case import PairCase
from kernel_esp import states
from lab import transfer, wait_for
from packets import ICMP, ICMP6, SCTP, TCP, UDP, Feed, datagram, icmp, packet, with_ports

PORT = 40000


def carried(daemon, way):
    (child,) = daemon.installed()
    return int(child[f"packets-{way}"])


class Selectors(PairCase):
    """Packets come into the left host, which forwards them, as if from a host behind it."""

    def client(self, family=4):
        return "10.1.0.77" if family == 4 else "fd00:1::77"

    def come_up(self, left, right, family=4):
        """With what stands in the brackets at each end; the same at both daemons."""
        nets = {self.left: f"{self.left.net(family)}[{left}]", self.right: f"{self.right.net(family)}[{right}]"}

        def edit(host):
            def change(configuration):
                child = configuration["connections"]["tunnel"]["children"]["net"]
                child["local_ts"], child["remote_ts"] = nets[host], nets[self.lab.peer_of(host)]
            return change
        self.lead_everything_to_the_peer()
        self.configure(initiator=edit(self.left), responder=edit(self.right))
        self.bring_up()

    def expect(self, taken, left_out, family=4):
        """Of the packets, as (protocol, payload), which are carried."""
        source, target = self.client(family), self.right.inner(family)
        with Feed(self.left, source) as feed:
            for protocol, payload in left_out:
                feed.send(packet(source, target, protocol, payload))
            time.sleep(0.2)
            self.assertEqual(carried(self.initiator, "out"), 0, "what the selectors do not say was carried")
            for count, (protocol, payload) in enumerate(taken, 1):
                feed.send(packet(source, target, protocol, payload))
                wait_for(lambda n=count: carried(self.initiator, "out") == n, f"packet {count} of protocol {protocol} leaves")
                wait_for(lambda n=count: carried(self.responder, "in") == n, f"packet {count} of protocol {protocol} arrives")

    def finish(self):
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()

    def skip_unless_sender_knows_sctp_and_icmp(self):
        self.skip_if_unable(self.initiator, "selectors of SCTP and ICMP")

    def test_one_port_of_tcp(self):
        self.come_up("tcp", f"tcp/{PORT}")
        self.expect([(TCP, with_ports(5000, PORT)), (TCP, with_ports(PORT, PORT))],
                    [(TCP, with_ports(PORT, PORT + 1)), (UDP, with_ports(5000, PORT)), (ICMP, icmp(8))])
        before = carried(self.initiator, "out"), carried(self.responder, "out")
        transfer(self.left, self.right, port=PORT, size=50_000)
        self.assertGreater(carried(self.initiator, "out"), before[0])
        self.assertGreater(carried(self.responder, "out"), before[1])
        if self.initiator.needs_kernel_esp and self.responder.needs_kernel_esp:
            self.assertEqual(self.left.ping(self.left.inner(4), self.right.inner(4)), 2, "what is of no policy goes as before")
        self.finish()

    def test_ports_of_both_ends(self):
        self.come_up("udp/5000", f"udp/{PORT}")
        self.expect([(UDP, datagram(5000, PORT))], [(UDP, datagram(5001, PORT)), (UDP, datagram(5000, PORT + 1)),
                                                    (TCP, with_ports(5000, PORT))])
        self.finish()

    def test_a_range_of_ports(self):
        self.come_up("udp", f"udp/{PORT}-{PORT + 3}")
        self.expect([(UDP, datagram(5000, PORT)), (UDP, datagram(5000, PORT + 3))],
                    [(UDP, datagram(5000, PORT - 1)), (UDP, datagram(5000, PORT + 4))])
        self.finish()

    def test_a_range_of_ports_that_is_no_mask(self):
        """charon gives its kernel the mask around a range; what that has too many keypactd neither sends nor takes."""
        self.keypact_or_skip()
        beyond = PORT + 3
        self.come_up("udp", f"udp/{PORT}-{PORT + 2}")
        if self.initiator.kind == "keypact":
            self.expect([(UDP, datagram(5000, PORT + port)) for port in range(3)], [(UDP, datagram(5000, beyond))])
        if self.responder.kind == "keypact":
            self.expect_only_those_within(beyond)
        self.finish()

    def expect_only_those_within(self, beyond):
        source, target = self.client(), self.right.inner(4)
        with contextlib.ExitStack() as stack:
            feed = stack.enter_context(Feed(self.left, source))
            listeners = []
            for port in (PORT + 2, beyond):
                listeners.append(stack.enter_context(contextlib.closing(self.right.socket(target, socket.SOCK_DGRAM))))
                listeners[-1].bind((target, port))
                listeners[-1].settimeout(5 if port == PORT + 2 else 0.3)
            through = carried(self.initiator, "out")
            for port in (beyond, PORT + 2):
                feed.send(packet(source, target, UDP, datagram(5000, port)))
            self.assertTrue(listeners[0].recv(100))
            if carried(self.initiator, "out") == through + 2:       # the one beyond came by the SA too
                self.assertRaises(TimeoutError, listeners[1].recv, 100)

    def test_sctp(self):
        self.come_up("sctp", "sctp")
        self.expect([(SCTP, with_ports(5000, PORT))], [(TCP, with_ports(5000, PORT)), (ICMP, icmp(8))])
        self.finish()

    def test_one_port_of_sctp(self):
        self.skip_unless_sender_knows_sctp_and_icmp()
        self.come_up("sctp", f"sctp/{PORT}")
        self.expect([(SCTP, with_ports(5000, PORT))], [(SCTP, with_ports(PORT, 5000)), (TCP, with_ports(5000, PORT))])
        self.finish()

    def test_echo_requests_only(self):
        self.skip_unless_sender_knows_sctp_and_icmp()
        self.come_up("icmp/8", "icmp/8")
        self.expect([(ICMP, icmp(8))], [(ICMP, icmp(0)), (ICMP, icmp(13)), (UDP, datagram(8, 8))])
        self.finish()

    def test_type_and_code_of_icmp(self):
        self.skip_unless_sender_knows_sctp_and_icmp()
        self.come_up("icmp/2048", "icmp/2048")
        self.expect([(ICMP, icmp(8, 0))], [(ICMP, icmp(0)), (ICMP, icmp(13))])
        self.finish()

    def test_echo_requests_of_ipv6(self):
        self.skip_unless_sender_knows_sctp_and_icmp()
        self.come_up("ipv6-icmp/128", "ipv6-icmp/128", family=6)
        self.expect([(ICMP6, icmp(128))], [(ICMP6, icmp(129)), (UDP, datagram(128, 128))], family=6)
        self.finish()

    def test_one_protocol_is_narrowed_to_a_port(self):
        self.lead_everything_to_the_peer()

        def narrow(configuration):
            child = configuration["connections"]["tunnel"]["children"]["net"]
            child["local_ts"] = f"{self.right.net(4)}[tcp/{PORT}]"
            child["remote_ts"] = f"{self.left.net(4)}[tcp]"
        self.configure(responder=narrow)
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            (child,) = daemon.installed()
            theirs, ours = sorted(child["local-ts"] + child["remote-ts"]), ["10.1.0.0/24[tcp]", f"10.2.0.0/24[tcp/{PORT}]"]
            self.assertEqual(theirs, ours, daemon.kind)
        self.expect([(TCP, with_ports(5000, PORT))], [(TCP, with_ports(5000, PORT + 1)), (UDP, datagram(5000, PORT))])
        self.finish()

    def test_transport_mode_of_one_port(self):
        """What comes by its SA and is of another protocol is dropped, though nothing would keep it out in clear."""
        for daemon in (self.initiator, self.responder):
            if not daemon.needs_kernel_esp:
                self.skipTest("ESP in user space has tunnel mode only")
        self.vici_or_skip(self.initiator, self.responder)       # others have no `dynamic`
        keypact = self.keypact_or_skip()
        peer = self.responder if keypact is self.initiator else self.initiator

        def edit(host):
            ends = (f"dynamic[tcp/{PORT}]", "dynamic[tcp]")

            def change(configuration):
                child = configuration["connections"]["tunnel"]["children"]["net"]
                child["mode"] = "transport"
                child["local_ts"], child["remote_ts"] = ends if host is self.right else ends[::-1]
            return change
        self.configure(initiator=edit(self.left), responder=edit(self.right))
        self.bring_up()
        self.exchange_over_tcp()
        self.expect_counted()
        if peer.kind == "strongswan-kernel":
            self.send_what_is_not_for_it(peer, keypact)
        self.finish()

    def exchange_over_tcp(self):
        target = (self.right.outer(4), PORT)
        with contextlib.closing(self.right.socket(target[0], socket.SOCK_STREAM)) as listener, \
                contextlib.closing(self.left.socket(target[0], socket.SOCK_STREAM)) as caller:
            listener.bind(target)
            listener.listen(1)
            caller.settimeout(10)
            caller.connect(target)
            there, _ = listener.accept()
            with there:
                there.sendall(b"hello")
                self.assertEqual(caller.recv(5), b"hello")

    def send_what_is_not_for_it(self, peer, keypact):
        """charon's SA compares addresses only: a policy of ours makes it carry UDP."""
        (child,) = peer.installed()
        source, target = peer.host.outer(4), keypact.host.outer(4)
        (state,) = (found for found in states(peer.host) if found["spi"] == child["spi-out"])
        peer.host.ip("xfrm", "policy", "add", "src", source, "dst", target, "proto", "udp", "dport", str(PORT), "dir", "out",
                     "priority", "1", "tmpl", "src", source, "dst", target, "proto", "esp", "reqid", str(state["reqid"]),
                     "mode", "transport")
        before = carried(peer, "out")
        with contextlib.closing(keypact.host.socket(target, socket.SOCK_DGRAM)) as listener, \
                contextlib.closing(peer.host.socket(source, socket.SOCK_DGRAM)) as caller:
            listener.bind((target, PORT))
            listener.settimeout(0.5)
            caller.sendto(b"nothing for you", (target, PORT))
            wait_for(lambda: carried(peer, "out") > before, "it leaves by the SA")
            self.assertRaises(TimeoutError, listener.recv, 100)
        peer.host.ip("xfrm", "policy", "delete", "src", source, "dst", target, "proto", "udp", "dport", str(PORT), "dir", "out")
