"""A bad file never replaces a good configuration, and its error names file, line, column and the rule."""
import time

from case import PairCase, render, site
from lab import run

BAD_FILES = {
    "misspelt_setting": ("remote_addrs", "remote_adrs", r"remote_addrs"),
    "bad_address": ("192.0.2.2", "192.0.2.2.2", r"192\.0\.2\.2\.2"),
    "unknown_algorithm": ("esp_proposals = aes128gcm16", "esp_proposals = aes128gcn16", r"aes128gcn16|gcn16"),
    "unbalanced_section": ("children {", "children ", r"children|net"),
    "bad_selector": ("10.2.0.0/24", "10.2.0.0/99", r"10\.2\.0\.0/99"),
}


class Reload(PairCase):

    def write(self, before="", after=""):
        """The left side's configuration with one text replaced."""
        text = render(site(self.left, self.right, esp="aes128gcm16"))
        self.assertIn(before, text)
        (self.initiator.config / "swanctl.conf").write_text(text.replace(before, after, 1))

    def connections(self):
        return self.initiator.request("list-conns", event="list-conn")[1]

    def refuse(self, before, after, word):
        self.configure(esp="aes128gcm16")
        self.bring_up()
        loaded = self.connections()
        self.write(before, after)
        done = self.initiator.tool("reload")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"swanctl\.conf:\d+:\d+")
        self.assertRegex(done.stdout, word)
        self.assertEqual(self.connections(), loaded)
        self.expect_data(size=20_000)
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()
        self.bring_up()                 # still with the good configuration
        self.write()
        self.assertEqual(self.initiator.tool("reload").returncode, 0)

    def test_a_bad_file_at_the_start_is_an_error(self):
        self.initiator.stop()
        self.write("remote_addrs", "remote_adrs")
        done = run(self.initiator.command_line(), timeout=20, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"swanctl\.conf:\d+:\d+: error")
        self.assertEqual(self.initiator.leftovers(), [])
        self.write()
        self.initiator.start()
        self.configure()
        self.bring_up()

    def test_a_removed_connection_is_gone_and_an_added_one_works(self):
        self.configure()
        (self.initiator.config / "swanctl.conf").write_text("connections { }\n")
        self.assertEqual(self.initiator.tool("reload").returncode, 0)
        self.assertEqual(self.connections(), [])
        self.assertFalse(self.initiator.up("net", 3).ok)
        self.configure()
        self.bring_up()

    def test_a_thousand_children_cost_one_look_at_the_addresses(self):
        self.configure()
        configuration = site(self.left, self.right)
        children = configuration["connections"]["tunnel"]["children"]
        for number in range(1000):
            children[f"c{number}"] = {"local_ts": self.left.net(4), "remote_ts": f"10.{100 + number // 250}.{number % 250}.0/24"}
        (self.initiator.config / "swanctl.conf").write_text(render(configuration))
        for number in range(500):       # addresses that make a look expensive
            self.left.run("ip", "addr", "add", f"10.90.{number // 250}.{number % 250}/32", "dev", "lo")
        started = time.monotonic()
        self.assertEqual(self.initiator.tool("reload").returncode, 0)
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(self.left.ip("-4", "route", "show", "table", "all").count("dev kp0"), 1001)


def _add(name, change):
    setattr(Reload, f"test_{name}", lambda self: self.refuse(*change))


for _name, _change in BAD_FILES.items():
    _add(_name, _change)
