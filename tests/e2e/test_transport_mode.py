"""mode = transport where IPsec in userspace has tunnel mode only: the tunnel comes up, and the log says which mode it has."""
from case import PairCase


class TransportMode(PairCase):

    def test_tunnel_mode_takes_its_place(self):
        if self.initiator.backend == "kernel":
            self.skipTest("the kernel has transport mode")
        def hosts(configuration):
            child = configuration["connections"]["tunnel"]["children"]["net"]
            child["mode"] = "transport"
        self.configure(both=hosts)
        self.bring_up()
        self.expect_data()
        for daemon in (self.initiator, self.responder):
            self.assertEqual(daemon.installed("net")[0]["mode"], "TUNNEL")
            told = daemon.tool("reload")
            self.assertIn("connections.tunnel.children.net.mode = transport: IPsec in userspace has tunnel mode only",
                          told.stdout)
