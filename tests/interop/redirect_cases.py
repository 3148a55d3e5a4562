"""A client that is sent to another address of its gateway: in IKE_SA_INIT, in IKE_AUTH, and when the IKE SA is up; and gateways that send
it round in a circle. RFC 5685. For pairs of any two daemons; the initiator is the client."""
import contextlib
import socket
import struct
import threading
import time

from case import PairCase
from daemons import swanctl
from lab import wait_for

OTHER = "192.0.2.3"                     # the gateway's other address
IKE_SA_INIT, NONCE, REDIRECT, RESPONSE = 34, 40, 16407, 0x20


def redirection(request, gateway):
    """The answer of a gateway to the octets of an IKE_SA_INIT request."""
    kind, at = request[16], 28
    while kind != NONCE:
        kind, length = request[at], struct.unpack_from("!H", request, at + 2)[0]
        at += length
    nonce = request[at + 4:at + struct.unpack_from("!H", request, at + 2)[0]]
    data = struct.pack("!BB", 1, 4) + socket.inet_aton(gateway) + nonce
    notify = struct.pack("!BBHBBH", 0, 0, 8 + len(data), 0, 0, REDIRECT) + data
    return request[:8] + bytes(8) + struct.pack("!BBBBII", 41, 0x20, IKE_SA_INIT, RESPONSE, 0, 28 + len(notify)) + notify


class Redirect(PairCase):

    def prepare(self):
        self.right.ip("addr", "add", f"{OTHER}/24", "dev", "wire")

    def needs_keypact_as_gateway(self):
        if self.responder.kind != "keypact":
            self.skipTest("charon redirects only what is established")

    def at_both_addresses(self, configuration):
        configuration["connections"]["tunnel"]["local_addrs"] = [self.right.v4, OTHER]

    def with_gateway_options(self, **options):
        self.responder.stop()
        for name, value in options.items():
            self.responder.options["--" + name.replace("_", "-")] = value
        self.responder.start()
        self.configure(responder=self.at_both_addresses)

    def gateways(self):
        """Of the tunnels that are up, as the client and the gateway see them."""
        return ([sa["remote-host"] for sa in self.initiator.established()],
                [sa["local-host"] for sa in self.responder.established()])

    def expect_only_at(self, address):
        wait_for(lambda: self.gateways() == ([address], [address]), f"one tunnel with {address}", 20, 0.1)
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(d.installed("net")) == 1, f"Child SA on {daemon.host.side}")
        self.expect_data(size=20_000)

    def test_at_the_first_message(self):
        self.needs_keypact_as_gateway()
        self.with_gateway_options(redirect_to=OTHER)
        self.initiator.up()
        self.expect_only_at(OTHER)

    def test_once_authenticated(self):
        self.needs_keypact_as_gateway()
        if self.initiator.kind != "keypact":
            self.skipTest("charon 5.9.8 goes on with tasks that it has freed, and ends")
        self.with_gateway_options(redirect_to=OTHER, redirect_authenticated=None)
        self.initiator.up()
        self.expect_only_at(OTHER)

    def test_when_it_is_up(self):
        self.configure(responder=self.at_both_addresses)
        self.bring_up()
        self.assertEqual(self.gateways(), ([self.right.v4], [self.right.v4]))
        done = swanctl(self.responder.vici, "--redirect", "--peer-ip", self.left.v4, "--gateway", OTHER, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.expect_only_at(OTHER)

    def test_a_client_that_does_not_want_it_stays(self):
        if self.initiator.kind == "keypact":
            self.initiator.options["--no-redirects"] = None
        else:
            self.initiator.settings = "follow_redirects = no"
        self.initiator.stop()
        self.initiator.start()
        self.configure(responder=self.at_both_addresses)
        self.bring_up()
        response, _ = self.responder.request("redirect", {"peer-ip": self.left.v4, "gateway": OTHER})
        if self.responder.kind == "keypact":
            self.assertEqual(response["success"], "no")
        time.sleep(0.5)
        self.assertEqual(self.gateways(), ([self.right.v4], [self.right.v4]))

    # H05

    @contextlib.contextmanager
    def circle(self, addresses):
        """Meanwhile each of these addresses of the right host sends everybody on to the next; the list of those that were asked."""
        self.responder.stop()
        asked, ended = [], threading.Event()

        def serve(listener, following):
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    request, client = listener.recvfrom(2000)
                    asked.append(listener.getsockname()[0])
                    listener.sendto(redirection(request, following), client)
        with contextlib.ExitStack() as stack:
            threads = []
            for number, address in enumerate(addresses):
                if number > 1:
                    self.right.ip("addr", "add", f"{address}/24", "dev", "wire")
                listener = stack.enter_context(contextlib.closing(self.right.socket(address, socket.SOCK_DGRAM)))
                listener.settimeout(0.2)
                listener.bind((address, 500))
                threads.append(threading.Thread(target=serve, args=(listener, addresses[(number + 1) % len(addresses)]), daemon=True))
                threads[-1].start()
            yield asked
            ended.set()
            for thread in threads:
                thread.join()
        self.responder.start()

    def test_more_than_five_gateways_in_a_row_are_not_followed(self):
        self.configure()
        with self.circle([self.right.v4, OTHER, "192.0.2.4"]) as asked:
            self.assertFalse(self.initiator.up(timeout=8).ok)
            self.assertGreaterEqual(len(set(asked)), 2)
            # What was asked for the last time may have been asked again.
            changes = [before for before, after in zip(asked, asked[1:]) if before != after]
            self.assertLessEqual(len(changes), 5)
