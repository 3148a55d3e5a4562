"""Addresses inside the tunnel: the initiator asks the responder for them, and the tunnel is for them. RFC 7296 §2.19."""
import unittest

from case import PairCase
from lab import wait_for

POOL4, FIRST4 = "10.9.0.0/24", "10.9.0.1"
POOL6, FIRST6 = "fd00:9::/112", "fd00:9::1"


class Addresses(PairCase):

    def setUp(self):
        super().setUp()
        self.vici_or_skip(self.initiator, self.responder)

    def configure_addresses(self, vips=("0.0.0.0",), pools=("four",), client=None, gateway=None, **site_options):
        def asks(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["vips"] = list(vips) or None
            del connection["children"]["net"]["local_ts"]
            if client:
                client(configuration)

        def gives(configuration):
            connection = configuration["connections"]["tunnel"]
            connection["pools"] = list(pools) or None
            del connection["children"]["net"]["remote_ts"]
            configuration["pools"] = {"four": {"addrs": POOL4, "dns": "10.2.0.53"}, "six": {"addrs": POOL6}}
            if gateway:
                gateway(configuration)
        self.configure(initiator=asks, responder=gives, **site_options)

    def holds(self, address):
        return address in self.left.run("ip", "-o", "address").stdout

    def expect_addresses(self, *addresses):
        (ours,), (theirs,) = self.initiator.established(), self.responder.established()
        self.assertEqual(ours.get("local-vips"), list(addresses))
        self.assertEqual(theirs.get("remote-vips"), list(addresses))
        for address in addresses:
            self.assertTrue(self.holds(f"{address}/"), address)

    def ping(self, address, family=4):
        self.assertGreaterEqual(self.left.ping(address, self.right.inner(family)), 1, f"ping from {address}")

    def test_the_client_gets_one_and_uses_it(self):
        self.configure_addresses()
        self.bring_up()
        self.expect_addresses(FIRST4)
        (child,) = self.initiator.installed()
        self.assertEqual(child["local-ts"], [f"{FIRST4}/32"])
        self.ping(FIRST4)
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        wait_for(lambda: not self.holds(FIRST4), "the address is given back")

    def test_one_of_each_family(self):
        self.configure_addresses(vips=("0.0.0.0", "::"), pools=("four", "six"), inner=(4, 6))
        self.bring_up()
        self.expect_addresses(FIRST4, FIRST6)
        self.ping(FIRST4)
        self.ping(FIRST6, 6)

    def test_ipv6_over_ipv4(self):
        self.configure_addresses(vips=("::",), pools=("six",), inner=(6,))
        self.bring_up()
        self.expect_addresses(FIRST6)
        self.ping(FIRST6, 6)

    def test_it_outlives_rekeyings_of_either_end(self):
        self.configure_addresses()
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            for what in ("ike", "child"):
                self.expect_rekeying(daemon, what)
                self.expect_addresses(FIRST4)
                self.ping(FIRST4)

    def test_the_same_client_gets_the_same_address_again(self):
        self.configure_addresses()
        for _ in range(3):
            self.bring_up()
            self.expect_addresses(FIRST4)
            self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
            self.expect_gone()

    def test_an_address_that_is_asked_for_by_name(self):
        self.configure_addresses(vips=("10.9.0.77",))
        self.bring_up()
        (ours,) = self.initiator.established()
        # charon gives the first one whatever is asked for, unless the client had it before.
        self.assertIn(ours["local-vips"], (["10.9.0.77"], [FIRST4]))
        self.ping(ours["local-vips"][0])

    def test_without_a_pool_there_is_no_tunnel(self):
        self.configure_addresses(pools=())
        outcome = self.initiator.up("net")
        self.assertFalse(outcome.ok)
        self.expect_nothing_installed()

    def test_who_asks_for_none_where_there_is_a_pool_gets_no_tunnel(self):
        self.configure_addresses(vips=())
        outcome = self.initiator.up("net")
        self.assertFalse(outcome.ok)
        self.expect_nothing_installed()

    def test_the_leases_are_listed(self):
        self.configure_addresses()
        self.bring_up()
        pools, _ = self.responder.request("get-pools", {"leases": "yes"})
        four = pools["four"]
        self.assertEqual((four["base"], four["size"], four["online"], four["offline"]), ("10.9.0.0", "254", "1", "0"))
        (lease,) = four["leases"].values()
        self.assertEqual(lease, {"address": FIRST4, "identity": "left.example", "status": "online"})
        self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
        wait_for(lambda: self.responder.request("get-pools")[0]["four"]["offline"] == "1", "the lease is offline")

    def test_the_leases_outlive_a_gateway_that_is_killed(self):
        if self.responder.kind != "keypact":
            self.skipTest("charon keeps the leases of swanctl's pools in memory")

        def as_client(name):
            def names_it(configuration):
                configuration["connections"]["tunnel"]["local"]["id"] = name
                configuration["secrets"] = {"ike": {"secret": "between these two"}}

            def any_client(configuration):
                configuration["connections"]["tunnel"]["remote"]["id"] = "%any"
                configuration["secrets"] = {"ike": {"secret": "between these two"}}
            self.configure_addresses(client=names_it, gateway=any_client)
            self.bring_up()
            (ours,) = self.initiator.established()
            self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
            self.expect_gone()
            return ours["local-vips"]

        def restart():
            self.responder.kill()
            self.responder.wait_until_its_interface_is_gone()
            self.responder.start()
        self.responder.options["--leases"] = self.responder.dir / "leases"
        restart()
        self.assertEqual(as_client("carol.example"), [FIRST4])
        second = as_client("dave.example")
        self.assertNotEqual(second, [FIRST4])
        restart()
        self.assertEqual(as_client("dave.example"), second)
        self.assertEqual(as_client("carol.example"), [FIRST4])

    def test_a_full_tunnel(self):
        def everything(configuration):
            side = "remote_ts" if "vips" in configuration["connections"]["tunnel"] else "local_ts"
            configuration["connections"]["tunnel"]["children"]["net"][side] = ["0.0.0.0/0"]
        self.configure_addresses(client=everything, gateway=everything)
        self.bring_up()
        self.ping(FIRST4)


if __name__ == "__main__":
    unittest.main()
