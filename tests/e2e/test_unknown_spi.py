"""An end that was killed and knows its SAs no more: what it says in clear makes the peer ask, and the peer's silence sets the tunnel up
anew long before liveness would; what strangers say in clear ends nothing. RFC 7296 §1.5, §2.21.4."""
import socket
import struct
import time

from case import PairCase, render, site
from lab import Process, wait_for

INFORMATIONAL, NOTIFY, INVALID_IKE_SPI, INVALID_SPI = 37, 41, 4, 11


def in_clear(spis, flags, message_id, kind, data=b""):
    """A message with one notify."""
    notify = struct.pack("!BBHBBH", 0, 0, 8 + len(data), 0, 0, kind) + data
    return spis + struct.pack("!BBBBII", NOTIFY, 0x20, INFORMATIONAL, flags, message_id, 28 + len(notify)) + notify


class UnknownSpi(PairCase):

    def live(self):
        def patient(configuration):
            tunnel = configuration["connections"]["tunnel"]
            tunnel["dpd_delay"] = "10m"
            tunnel["children"]["net"]["dpd_action"] = "start"
        self.configure(initiator=patient)
        self.bring_up()
        return self.initiator.established()[0]

    def test_the_peer_of_a_killed_end_is_back_before_liveness_would_notice(self):
        if self.responder.backend == "kernel":
            self.skipTest("the kernel tells nobody of ESP that belongs to no SA")
        before = self.live()["uniqueid"]
        self.responder.kill()
        self.responder.start()
        # The configuration is in no file: the new run knows the tunnel as soon as a client brings it.
        self.responder.load(render(site(self.right, self.left)))
        began = time.monotonic()
        ping = Process([*self.left.exec_prefix(), "ping", "-n", "-i", "0.5", "-I", self.left.inner4, self.right.inner4],
                       self.left.dir / "ping")
        self.lab.closers.append(ping.stop)
        wait_for(lambda: [sa for sa in self.initiator.established() if sa["uniqueid"] != before] and self.responder.installed("net"),
                 "another tunnel", 60, 0.1)
        self.assertGreater(time.monotonic() - began, 9, "nobody is believed at once")
        ping.stop()
        self.expect_data(size=20_000)

    def test_forged_words_end_nothing(self):
        (sa, child) = (self.live(), self.initiator.installed()[0])
        spis = bytes.fromhex(sa["initiator-spi"] + sa["responder-spi"])
        with self.right.socket(self.right.v4, socket.SOCK_DGRAM) as liar:
            liar.bind((self.right.v4, 40000))
            for message_id in range(2, 12):
                for words in (in_clear(spis, 0x20, message_id, INVALID_IKE_SPI),
                              in_clear(bytes(16), 0x08, 0, INVALID_SPI, bytes.fromhex(child["spi-out"].zfill(8)))):
                    liar.sendto(words, (self.left.v4, 500))
        time.sleep(0.5)
        (now,) = self.initiator.established()
        self.assertEqual((now["uniqueid"], self.initiator.installed()[0]["spi-out"]), (sa["uniqueid"], child["spi-out"]))
        self.expect_data(size=20_000)
