"""Tunnels without any named algorithm: our defaults meet the peer's, over IPv4 and IPv6, for IPv4 and IPv6."""
import time
import unittest

from case import PairCase


class Tunnel(PairCase):

    def carry(self, family, inner):
        self.configure(family=family, inner=inner)
        with self.clean_wire(inner):
            self.bring_up()
            self.expect_data(inner)
        self.expect_counted()

    def test_ipv4_over_ipv4(self):
        self.carry(4, (4,))

    def test_ipv6_over_ipv6(self):
        self.carry(6, (6,))

    def test_ipv6_over_ipv4(self):
        self.carry(4, (6,))

    def test_both_families_over_ipv6(self):
        self.carry(6, (4, 6))

    def test_both_ends_name_the_same_sa(self):
        self.configure()
        self.bring_up()
        (ours,), (theirs,) = self.initiator.sas(), self.responder.sas()
        self.expect_same(ours, theirs, "initiator-spi", "responder-spi", "version", "state")
        if not self.initiator.untold | self.responder.untold:
            self.assertEqual(ours.get("initiator"), "yes")
            self.assertIsNone(theirs.get("initiator"))
            self.assertEqual((ours["local-id"], ours["remote-id"]), (theirs["remote-id"], theirs["local-id"]))
        (mine,), (its,) = ours["children"], theirs["children"]
        self.assertEqual((mine["spi-in"], mine["spi-out"]), (its["spi-out"], its["spi-in"]))
        self.assertEqual((mine["local-ts"], mine["remote-ts"]), (its["remote-ts"], its["local-ts"]))

    def test_responder_narrows_the_selectors(self):
        def narrow(configuration):
            configuration["connections"]["tunnel"]["children"]["net"]["local_ts"] = ["10.2.0.0/28"]
        self.configure(responder=narrow)
        self.bring_up()
        (child,) = self.initiator.installed()
        self.assertEqual(child["remote-ts"], ["10.2.0.0/28"])
        self.expect_data()

    def test_full_size_packets_and_a_longer_file(self):
        self.configure()
        self.bring_up()
        for source, target in ((self.left, self.right), (self.right, self.left)):
            self.assertGreaterEqual(source.ping(source.inner4, target.inner4, size=1300), 1)
        self.expect_data(size=2_000_000)

    def test_liveness_checks_keep_an_idle_tunnel(self):
        def check_often(configuration):
            configuration["connections"]["tunnel"]["dpd_delay"] = "1s"
        self.configure(both=check_often)
        self.bring_up()
        time.sleep(3.5)
        self.assertEqual(len(self.initiator.established()), 1)
        self.expect_data(size=20_000)


if __name__ == "__main__":
    unittest.main()
