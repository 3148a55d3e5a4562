#!/usr/bin/env python3
"""What our tests rely on in the guest's kernel, by ip(8) alone: that its ESP really encrypts, and with what. Runs in the guest.
`Feature` has what the kernel of Debian's package lacks."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

import kernel_esp  # noqa: E402
from capture import Capture, census, classify  # noqa: E402
from lab import Lab, run, transfer  # noqa: E402

SKIPPED = 77


def key(octets):
    return f"0x{'5a' * octets}"


AEAD = ("aead", "rfc4106(gcm(aes))", key(20), "128")


class KernelCase(unittest.TestCase):

    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.left, self.right = self.lab.left, self.lab.right
        for host in (self.left, self.right):
            host.lead_everything_to_the_peer()

    def xfrm(self, host, *words):
        host.ip("xfrm", *words)

    def add_sas(self, algorithm, *more, family=4):
        for number, (source, target) in enumerate(((self.left, self.right), (self.right, self.left))):
            for host in (self.left, self.right):
                self.xfrm(host, "state", "add", "src", source.outer(family), "dst", target.outer(family), "proto", "esp",
                          "spi", f"0x100{number}", "reqid", "1", "mode", "tunnel", *more, *algorithm)

    def add_policies(self, inner=4, outer=4, more=()):
        for host, source, target in ((self.left, self.left, self.right), (self.right, self.right, self.left)):
            for way, one, other in (("out", source, target), ("in", target, source)):
                self.xfrm(host, "policy", "add", "src", one.net(inner), "dst", other.net(inner), "dir", way, *more,
                          "tmpl", "src", one.outer(outer), "dst", other.outer(outer), "proto", "esp", "reqid", "1", "mode", "tunnel")

    def expect_encrypted(self, inner=4, size=10_000):
        """Data passes in both directions, all of it by ESP; the frames that left one end."""
        capture = Capture(self.left, outgoing=True)
        self.expect_used(inner, size)
        transfer(self.right, self.left, inner, size)
        frames = list(capture.stop().frames())
        counts, complaints = census(frames)
        self.assertEqual(complaints, [])
        self.assertGreater(counts.get("ESP", 0), 0)
        return frames

    def expect_used(self, inner=4, size=10_000):
        """Data passes, and the SAs of that direction have carried it."""
        transfer(self.left, self.right, inner, size)
        for host in (self.left, self.right):
            carried = [state["bytes"] for state in kernel_esp.states(host) if state["spi"] == "00001000"]
            self.assertGreater(carried[0], size)


class Esp(KernelCase):

    def test_without_sas_it_goes_in_clear(self):
        capture = Capture(self.left)
        transfer(self.left, self.right, 4, 5_000)
        self.assertNotEqual(census(capture.stop().frames())[1], [])

    def test_algorithms(self):
        aes = ("enc", "cbc(aes)", key(32))
        for name, words in {
                "AES_GCM_16": AEAD,
                "CHACHA20_POLY1305": ("aead", "rfc7539esp(chacha20,poly1305)", key(36), "128"),
                "AES_CCM_16": ("aead", "rfc4309(ccm(aes))", key(19), "128"),
                "AES_CTR": ("enc", "rfc3686(ctr(aes))", key(20), "auth-trunc", "hmac(sha256)", key(32), "128"),
                "HMAC_SHA1_96": (*aes, "auth-trunc", "hmac(sha1)", key(20), "96"),
                "HMAC_SHA2_256_128": (*aes, "auth-trunc", "hmac(sha256)", key(32), "128"),
                "AES_XCBC_96": (*aes, "auth-trunc", "xcbc(aes)", key(16), "96")}.items():
            with self.subTest(name):
                self.add_sas(words)
                self.add_policies()
                self.assertIn(name, {state.get(kind) for state in kernel_esp.states(self.left) for kind in ("encr-alg", "integ-alg")})
                self.expect_used()
                for host in (self.left, self.right):
                    self.xfrm(host, "state", "flush")
                    self.xfrm(host, "policy", "flush")

    def test_extended_sequence_numbers_and_a_large_window(self):
        self.add_sas(AEAD, "flag", "esn", "replay-window", "4096")
        self.add_policies()
        self.expect_encrypted()

    def test_ipv6_in_ipv4_and_ipv4_in_ipv6(self):
        for inner, outer in ((6, 4), (4, 6)):
            with self.subTest(inner=inner, outer=outer):
                self.add_sas(AEAD, "flag", "af-unspec", family=outer)
                self.add_policies(inner, outer)
                self.expect_encrypted(inner)
                for host in (self.left, self.right):
                    self.xfrm(host, "state", "flush")
                    self.xfrm(host, "policy", "flush")

    def test_encapsulation_in_udp(self):
        udp_encap, esp_in_udp = 100, 2
        with contextlib.ExitStack() as stack:
            for host in (self.left, self.right):
                socket = stack.enter_context(host.socket(host.v4, 2))
                socket.bind((host.v4, 4500))
                socket.setsockopt(17, udp_encap, esp_in_udp)
            self.add_sas(AEAD, "encap", "espinudp", "4500", "4500", "0.0.0.0")
            self.add_policies()
            frames = self.expect_encrypted()
        self.assertEqual({frame[23] for frame in frames if classify(frame) == "ESP"}, {17})

    def test_a_packet_without_an_sa_asks_for_one(self):
        self.add_policies()
        log = self.left.dir / "monitor"
        with open(log, "wb") as file:
            monitor = subprocess.Popen([*self.left.exec_prefix(), "ip", "xfrm", "monitor", "acquire"], stdout=file)
        self.addCleanup(monitor.wait)
        self.addCleanup(monitor.kill)
        for _ in range(10):
            self.left.ping(self.left.inner4, self.right.inner4, count=1, wait=1)
            if "acquire" in log.read_text():
                return
        self.fail("no acquire")

    def test_a_tun_device(self):
        self.left.ip("tuntap", "add", "tun7", "mode", "tun")
        self.left.ip("link", "del", "tun7")

    def test_network_address_translation(self):
        self.left.run("iptables-legacy", "-t", "nat", "-A", "POSTROUTING", "-p", "udp", "-j", "MASQUERADE",
                      "--to-ports", "20000-30000")
        self.left.run("iptables-legacy", "-A", "INPUT", "-m", "policy", "--dir", "in", "--pol", "none", "-j", "ACCEPT")


class Feature(KernelCase):

    def needs(self, *argv, lacking):
        """Skips when the kernel says that it has no such thing."""
        done = self.left.run(*argv, check=False)
        if done.returncode != 0 and re.search(lacking, done.stdout):
            self.skipTest(f"this kernel has no such thing: {' '.join(map(str, argv))}: {done.stdout.strip()}")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_xfrm_interfaces(self):
        self.needs("ip", "link", "add", "ipsec0", "type", "xfrm", "dev", "wire", "if_id", "42",
                   lacking="Unknown device type|not supported")
        self.right.ip("link", "add", "ipsec0", "type", "xfrm", "dev", "wire", "if_id", "42")
        for host in (self.left, self.right):
            host.ip("link", "set", "ipsec0", "up")
            host.ip("route", "add", self.lab.peer_of(host).net4, "dev", "ipsec0")
        self.add_sas(AEAD, "if_id", "42")
        self.add_policies(more=("if_id", "42"))
        self.expect_encrypted()

    def test_nft_inet_and_ip_tables(self):
        for family in ("inet", "ip"):
            self.needs("nft", "add", "table", family, "lab", lacking="not supported|No such file")
        self.left.run("nft", "add", "chain", "ip", "lab", "out", "{ type nat hook postrouting priority 100; }")
        self.left.run("nft", "add", "rule", "ip", "lab", "out", "ip", "protocol", "udp", "masquerade", "to", ":20000-30000")

    def test_offload_on_netdevsim(self):
        bus = pathlib.Path("/sys/bus/netdevsim")
        if not bus.exists():
            run(["modprobe", "netdevsim"], check=False)
        if not bus.exists():
            self.skipTest("this kernel has no netdevsim")
        (bus / "new_device").write_text("7 1")
        self.addCleanup((bus / "del_device").write_text, "7")
        (device,) = os.listdir(bus / "devices" / "netdevsim7" / "net")
        run(["ip", "link", "set", device, "up"])
        run(["ip", "xfrm", "state", "add", "src", "10.7.0.1", "dst", "10.7.0.2", "proto", "esp", "spi", "0x7001", "reqid", "7",
             "mode", "transport", *AEAD, "offload", "dev", device, "dir", "out"])
        self.addCleanup(run, ["ip", "xfrm", "state", "flush"])
        self.assertIn(f"crypto offload parameters: dev {device} dir out", run(["ip", "xfrm", "state"]).stdout)

    def test_esp_in_tcp(self):
        tcp, tcp_ulp = 6, 31
        with self.left.socket(self.left.v4, 1) as listener, self.left.socket(self.left.v4, 1) as client:
            listener.bind((self.left.v4, 4500))
            listener.listen(1)
            client.connect((self.left.v4, 4500))
            try:
                client.setsockopt(tcp, tcp_ulp, b"espintcp\0")
            except OSError as error:
                self.skipTest(f"this kernel has no ESP in TCP: {error}")


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(not result.wasSuccessful())
