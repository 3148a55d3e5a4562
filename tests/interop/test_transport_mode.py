"""Transport mode between the two hosts themselves: asked for, declined, and rekeyed."""
from case import PairCase
from lab import wait_for


def between_hosts(mode):
    def edit(configuration):
        child = configuration["connections"]["tunnel"]["children"]["net"]
        child["mode"], child["local_ts"], child["remote_ts"] = mode, None, None
    return edit


class TransportMode(PairCase):

    def expect_mode(self, mode):
        for daemon in (self.initiator, self.responder):
            self.assertEqual([child["mode"] for child in daemon.installed("net")], [mode], daemon.kind)

    def expect_pings(self, family=4):
        for source, target in ((self.left, self.right), (self.right, self.left)):
            self.assertGreaterEqual(source.ping(source.outer(family), target.outer(family)), 1, f"from {source.side}")

    def prepare(self):
        if "userspace" in (getattr(daemon, "backend", None) for daemon in (self.initiator, self.responder)) or \
                "strongswan" in (self.initiator.kind, self.responder.kind):
            self.skipTest("ESP in user space has tunnel mode only")

    def test_ipv4(self):
        self.configure(both=between_hosts("transport"))
        self.bring_up()
        self.expect_mode("TRANSPORT")
        self.expect_pings()
        self.expect_counted()
        self.initiator.down()
        self.expect_gone()

    def test_ipv6(self):
        self.configure(both=between_hosts("transport"), family=6, inner=(6,))
        self.bring_up()
        self.expect_mode("TRANSPORT")
        self.expect_pings(6)
        self.expect_counted()

    def test_rekeyed_by_either_end(self):
        self.configure(both=between_hosts("transport"))
        self.bring_up()
        for daemon in (self.initiator, self.responder):
            before = daemon.installed("net")[0]["spi-in"]
            self.assertTrue(daemon.rekey("child").ok)
            wait_for(lambda d=daemon, b=before: [c["spi-in"] for c in d.installed("net")] not in ([], [b])
                     and len(d.installed("net")) == 1, "the rekeying", 20)
            self.expect_mode("TRANSPORT")
            self.expect_pings()

    def test_declined(self):
        self.skip_if_unable(self.responder, "decline transport mode")
        self.skip_if_unable(self.initiator, "go on in tunnel mode")
        self.configure(initiator=between_hosts("transport"), responder=between_hosts("tunnel"))
        self.bring_up()
        self.expect_mode("TUNNEL")
        self.expect_pings()
