"""Child SAs that are rekeyed because of what they carried, under a ping that loses nothing. RFC 4301 §4.4.2.1; swanctl's rekey_packets,
rekey_bytes and life_*."""
from lab import wait_for
from steady import SteadyCase

REKEYINGS = 2


class Volume(SteadyCase):

    def rekeyed_by(self, daemon, **limits):
        """Only this one counts; the other end has no limits and follows."""
        def change(configuration):
            configuration["connections"]["tunnel"]["children"]["net"].update(limits)
        self.configure(**{"initiator" if daemon is self.initiator else "responder": change})
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(REKEYINGS):
                now = wait_for(lambda before=now: self.is_new("child", before), f"rekeying {number}", 20, 0.05)
            (ike,) = daemon.established()
        self.assertEqual(now[0], ike["initiator-spi"] + ike["responder-spi"], "the IKE SA stays")

    def test_packets_counted_by_the_initiator(self):
        self.rekeyed_by(self.initiator, rekey_packets=100, life_packets=5000, rand_packets=0)

    def test_packets_counted_by_the_responder(self):
        self.rekeyed_by(self.responder, rekey_packets=100, life_packets=5000, rand_packets=0)

    def test_octets_counted_by_the_initiator(self):
        self.rekeyed_by(self.initiator, rekey_bytes=9000, life_bytes=500000, rand_bytes=1000)

    def test_octets_counted_by_the_responder(self):
        self.rekeyed_by(self.responder, rekey_bytes=9000, life_bytes=500000, rand_bytes=1000)
