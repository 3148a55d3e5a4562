"""Child SAs whose work an interface is asked to do: the kernel's netdevsim takes the cipher and no packets, a veth takes neither."""
import json
import pathlib
import unittest

from case import PairCase
from lab import WIRE, Lab, run, wait_for

CIPHER = "aes128gcm16"             # the one of netdevsim, which has no extended sequence numbers
BUS = pathlib.Path("/sys/bus/netdevsim")


class SimulatedWire(Lab):
    """The interfaces between the hosts are netdevsim's. They hand on what is sent, and encrypt nothing."""

    def _join(self):
        if not (BUS / "link_device").exists():
            raise unittest.SkipTest("this kernel has no netdevsim whose interfaces can be joined")
        ends = []
        for number, host in enumerate((self.left, self.right), 801):
            run(["ip", "netns", "add", host.namespace])
            self.closers.append(lambda name=host.namespace: run(["ip", "netns", "del", name], check=False))
            before = set(self.links(host))
            host.run("sh", "-c", f"echo '{number} 1' > {BUS}/new_device")
            self.closers.append(lambda number=number: (BUS / "del_device").write_text(str(number)))
            (name,) = wait_for(lambda h=host, b=before: set(self.links(h)) - b, "the interface of netdevsim")
            host.ip("link", "set", name, "name", WIRE)
            ends.append(self.links(host)[WIRE])
        with open(f"/run/netns/{self.left.namespace}", "rb") as left, open(f"/run/netns/{self.right.namespace}", "rb") as right:
            (BUS / "link_device").write_text(f"{left.fileno()}:{ends[0]} {right.fileno()}:{ends[1]}")
        for host in (self.left, self.right):
            host.ip_batch("link set lo up", f"addr add {host.v4}/24 dev {WIRE}", f"addr add {host.v6}/64 dev {WIRE} nodad",
                          f"addr add {host.inner4}/32 dev lo", f"addr add {host.inner6}/128 dev lo nodad", f"link set {WIRE} up")

    @staticmethod
    def links(host):
        return {link["ifname"]: link["ifindex"] for link in json.loads(host.ip("-j", "link"))}


def offload(how):
    def edit(configuration):
        configuration["connections"]["tunnel"]["children"]["net"] ["hw_offload"] = how
    return edit


class Offload(PairCase):

    keeps_pair = False

    def prepare(self):
        if self.initiator.backend != "kernel":
            self.skipTest("needs keypactd with the kernel's stack")

    def expect_told(self, daemon, how, text):
        (child,) = daemon.installed()
        self.assertEqual(child.get("hw-offload"), how)
        told = daemon.tool("status", "tunnel")
        self.assertIn(text, told.stdout)
        (sas,) = [one["ike_sas"] for one in json.loads(daemon.tool("status", "--json").stdout)["connections"]]
        self.assertEqual(sas[0]["child_sas"][0]["hardware_offload"], how)

    def test_without_an_interface_that_can_the_cpu_does_it_and_that_is_said(self):
        self.configure(both=offload("auto"), esp=CIPHER)
        self.bring_up()
        self.expect_data(size=20_000)
        for daemon in (self.initiator, self.responder):
            self.expect_told(daemon, "no", ", not offloaded")
            self.assertIn(f"is not offloaded: hw_offload = auto: {WIRE} does not take the packets", daemon.log_text())

    def test_who_insists_has_no_child_sa_and_hears_why(self):
        self.configure(initiator=offload("crypto"), esp=CIPHER)
        self.initiator.up()
        wait_for(lambda: not self.responder.installed() and not self.initiator.installed(), "the Child SA is gone at both ends")
        self.assertIn(f"hw_offload = crypto: {WIRE} does not take the cipher", self.initiator.log_text())
        self.assertEqual(self.left.ip("xfrm", "state"), "")

    def test_who_asks_for_nothing_is_told_nothing(self):
        self.configure()
        self.bring_up()
        (child,) = self.initiator.installed()
        self.assertNotIn("hw-offload", child)


class OffloadToNetdevsim(PairCase):

    keeps_pair = False
    make_lab = SimulatedWire
    prepare = Offload.prepare
    expect_told = Offload.expect_told

    def given(self):
        """What the kernel says of the offload of each SA."""
        return [line.strip() for line in self.left.ip("xfrm", "state").splitlines() if "offload" in line]

    def test_the_interface_has_the_cipher(self):
        for how in ("crypto", "auto"):
            self.configure(initiator=offload(how), esp=CIPHER)
            self.bring_up()
            self.expect_told(self.initiator, "crypto", ", offloaded (crypto)")
            given = self.given()
            self.assertEqual(len(given), 2, given)
            for line in given:
                self.assertIn(f"dev {WIRE} dir ", line)
            self.initiator.down()
            self.expect_gone()
            self.assertEqual(self.given(), [])

    def test_it_does_not_take_packets(self):
        self.configure(initiator=offload("packet"), esp=CIPHER)
        self.initiator.up()
        wait_for(lambda: not self.responder.installed() and not self.initiator.installed(), "the Child SA is gone at both ends")
        self.assertIn(f"hw_offload = packet: {WIRE} does not take the packets", self.initiator.log_text())
