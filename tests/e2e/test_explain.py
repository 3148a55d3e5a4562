"""keypact explain: what it says is what ip(8) shows, with ESP in user space and with the kernel's."""
import json
import re

from case import PairCase
from kernel_esp import blocks


class Explain(PairCase):

    keeps_pair = False

    def explained(self, *words):
        done = self.initiator.tool("explain", *words)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()

    def told(self, *words):
        return self.explained("route", *words)

    def configure_with_exception(self):
        def with_exception(configuration):
            tunnel = configuration["connections"]["tunnel"]
            tunnel["children"]["printer"] = {"mode": "pass", "local_ts": tunnel["children"]["net"]["local_ts"],
                                             "remote_ts": "10.2.0.200/32"}
        self.configure(initiator=with_exception)

    def test_of_a_destination_the_way_and_the_policies_that_take_its_packets(self):
        self.configure_with_exception()
        waiting = self.explained(self.right.inner4)
        self.bring_up()
        self.expect_data()
        way, *reasons = self.explained(self.right.inner4)
        device, source = re.fullmatch(rf"packets of this host to {self.right.inner4} leave over (\S+) from the address (\S+), "
                                      "where a policy takes them before they get there", way).groups()
        self.assertIn(f"dev {device} ", self.left.ip("route", "get", self.right.inner4))
        self.assertEqual(source, self.left.inner4)
        self.assertEqual(reasons[:2], self.told(self.right.inner4))
        if self.initiator.backend == "kernel":
            self.expect_policies(waiting, reasons[2:])
        self.assertEqual(self.initiator.tool("explain", "10.2.0").returncode, 2)
        self.assertEqual(self.initiator.tool("explain").returncode, 2)

    def expect_policies(self, waiting, reasons):
        self.assertRegex(waiting[-1], "tunnel/net wants them protected and has no SA: they wait until one is negotiated")
        (policy,) = reasons
        priority, source, destination, spi, peer = re.fullmatch(
            r"policy with priority (\d+) for packets from (\S+) to (\S+): tunnel/net protects them by the SA (\w+) to (\S+) "
            r"\(tunnel mode, reqid \d+\), [1-9]\d* packets so far", policy).groups()
        (there,) = [block for block in blocks(self.left.ip("xfrm", "policy"))
                    if block.startswith(f"src {source} dst {destination} ") and "dir out" in block]
        self.assertIn(f"priority {priority} ", there)
        self.assertIn(f"dst {peer}", there)
        self.assertIn(f"spi 0x{spi}", there)
        let_pass, protected, decides = self.explained("10.2.0.200")[-3:]
        self.assertIn("to 10.2.0.200/32: tunnel/printer lets them pass in clear", let_pass)
        self.assertIn("tunnel/net protects them", protected)
        self.assertEqual(decides, "the first of these policies that has a packet's addresses and ports decides")

    def test_each_sentence_is_true(self):
        self.configure_with_exception()
        self.bring_up()
        rule, route = self.told(self.right.inner4)
        priority, table = re.match(r"rule (\d+) .* table (\d+) before", rule).groups()
        self.assertRegex(self.left.ip("rule"), rf"(?m)^{priority}:.* lookup {table}")
        found = re.fullmatch(rf"table {table} leads to (\S+) over (\S+): tunnel/net protects what is between (\S+) and (\S+); "
                             r"from this host such packets get the address (\S+), which is in there", route)
        self.assertTrue(found, route)
        destination, device, local, remote, source = found.groups()
        self.assertEqual((destination, local, remote, source),
                         (self.right.net4, self.left.net4, self.right.net4, self.left.inner4))
        way = self.left.ip("route", "get", self.right.inner4)
        self.assertIn(f"dev {device} table {table} src {source}", way)

        lines = self.told("10.2.0.200")
        self.assertIn(f"rule {int(priority) - 1} leads past table {table}: tunnel/printer lets what is between "
                      f"{self.left.net4} and 10.2.0.200/32 pass", lines)
        way = self.left.run("ip", "route", "get", "10.2.0.200", "from", self.left.inner4, check=False).stdout
        self.assertNotIn(device, way)

        self.assertEqual(self.told("203.0.113.7"),
                         ["no child is about 203.0.113.7: it is reached, or not, by the host's other routes"])
        everything = json.loads(self.told("--json")[-1])
        self.assertEqual(len(everything["reasons"]), 3)
        self.assertEqual(everything["reasons"][1], route)
        self.assertEqual(self.initiator.tool("explain", "route", "10.2.0").returncode, 2)
