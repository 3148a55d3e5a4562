"""Messages that get lost or come twice on the way: RFC 7296 §2.1, each end retransmits and answers a repetition alike."""
from case import PairCase


class Loss(PairCase):

    def filter(self, host, rule):
        """Adds a rule for what comes in to a host from the wire."""
        for words in (("add", "table", "inet", "lab"),
                      ("add", "chain", "inet", "lab", "in", "{ type filter hook input priority 0; }"),
                      ("add", "rule", "inet", "lab", "in", f"iif wire udp dport {{ 500, 4500 }} {rule}")):
            host.nft(*words)

    def unfilter(self):
        for host in (self.left, self.right):
            host.run("nft", "flush", "ruleset")

    def survive(self, *hosts):
        self.configure()
        for host in hosts:
            self.filter(host, "numgen inc mod 2 0 drop")
        self.bring_up()
        self.unfilter()
        self.expect_data(size=20_000)

    def test_every_second_request_is_lost(self):
        self.survive(self.right)
        self.filter(self.right, "numgen inc mod 2 0 drop")
        self.assertTrue(self.initiator.down().ok)
        self.unfilter()
        self.expect_gone()

    def test_every_second_response_is_lost(self):
        self.survive(self.left)
