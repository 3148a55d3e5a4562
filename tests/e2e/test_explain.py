"""keypact explain route: what it says is what ip(8) shows, with ESP in user space and with the kernel's."""
import json
import re

from case import PairCase


class Explain(PairCase):

    keeps_pair = False

    def told(self, *words):
        done = self.initiator.tool("explain", "route", *words)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()

    def test_each_sentence_is_true(self):
        def with_exception(configuration):
            tunnel = configuration["connections"]["tunnel"]
            tunnel["children"]["printer"] = {"mode": "pass", "local_ts": tunnel["children"]["net"]["local_ts"],
                                             "remote_ts": "10.2.0.200/32"}
        self.configure(initiator=with_exception)
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
