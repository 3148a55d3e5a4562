"""IP packets made octet by octet, and the way into a host for those that it is to forward."""
import fcntl
import ipaddress
import os
import struct

TCP, UDP, ICMP, ICMP6, SCTP = 6, 17, 1, 58, 132
_TUNSETIFF = 0x400454ca
_IFF_TUN, _IFF_NO_PI = 1, 0x1000


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(source, target, protocol, payload, traffic_class=0, dont_fragment=False):
    """An IP packet of the addresses' family."""
    here, there = ipaddress.ip_address(source), ipaddress.ip_address(target)
    if here.version == 6:
        first = 6 << 28 | traffic_class << 20
        return struct.pack("!IHBB", first, len(payload), protocol, 64) + here.packed + there.packed + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, traffic_class, 20 + len(payload), 0x1234, 0x4000 if dont_fragment else 0, 64,
                         protocol, 0, here.packed, there.packed)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def with_ports(source, target):
    """What TCP, UDP and SCTP begin with, and more that no receiver takes for a message of theirs."""
    return struct.pack("!HH", source, target) + bytes(24)


def datagram(source, target, data=b"sixteen octets.."):
    """UDP without checksum."""
    return struct.pack("!HHHH", source, target, 8 + len(data), 0) + data


def icmp(kind, code=0):
    body = struct.pack("!BBHHH", kind, code, 0, 1, 1) + b"sixteen octets.."
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


class Feed:
    """An interface of a host by which packets come in that it forwards. Use it as a context manager."""

    NAME = "feed0"

    def __init__(self, host, *sources):
        self.host, self.sources, self.file = host, sources, None

    def __enter__(self):
        with self.host.inside():
            self.file = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.file, _TUNSETIFF, struct.pack("16sH22x", self.NAME.encode(), _IFF_TUN | _IFF_NO_PI))
        self.forward(1)
        self.host.ip("link", "set", self.NAME, "up")
        for source in self.sources:
            self.host.ip("route", "add", source, "dev", self.NAME)
        return self

    def __exit__(self, *_):
        os.close(self.file)             # with it the interface goes
        self.forward(0)

    def forward(self, on):
        self.host.run("sysctl", "-qw", f"net.ipv4.ip_forward={on}", f"net.ipv6.conf.all.forwarding={on}")

    def send(self, octets):
        os.write(self.file, octets)
