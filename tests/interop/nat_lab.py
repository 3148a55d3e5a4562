"""A lab with NATs between its hosts: left, one more host beside it on request, a NAT in front of the left or of both sides.
RFC 4787's worst case: every mapping gets a random port, and reboot() forgets them all."""
import socket
import struct

from case import PairCase
from lab import WIRE, Host, Lab, LabError, run

NEAR, FAR = "198.51.100.1", "198.51.100.2"      # what the left and the right have on the outside

_CTNETLINK_DELETE = (1 << 8) | 2


class NatBox(Host):
    """A router with two or more interfaces: wires to hosts inside, and the interface `out`."""

    def __init__(self, lab, side, outside):
        super().__init__(lab, 9, side)
        self.outside = outside
        self.ports = "40000-49999"
        run(["ip", "netns", "add", self.namespace])
        lab.closers.append(lambda: run(["ip", "netns", "del", self.namespace], check=False))
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.ip("link", "set", "lo", "up")
        self.forwarded_to = None
        self.has_nft = None             # not known yet

    def connect(self, host, name, network):
        """A wire to a host inside, which gets the address .1 of the network and its way out through us."""
        host.v4 = f"{network}.1"
        lay_wire(self, name, f"{network}.254", host, WIRE, host.v4)
        host.ip("route", "add", "default", "via", f"{network}.254")

    def forward(self, host):
        """The ports of IKE lead to this host."""
        self.forwarded_to = host.v4
        self.load()

    def load(self):
        if self.has_nft is None:
            self.has_nft = self.run("nft", "add", "table", "ip", "nat", check=False).returncode == 0
        if self.has_nft:
            self.load_nft()
        else:
            self.load_iptables()

    def load_iptables(self):
        """The same where the kernel has no nftables for IPv4."""
        inward, outward = ("-A", "PREROUTING", "-i", "out"), ("-A", "POSTROUTING", "-o", "out")
        rules = [("-F",)]
        if self.forwarded_to:
            rules += [(*inward, "-p", "udp", "-m", "multiport", "--dports", "500,4500", "-j", "DNAT", "--to", self.forwarded_to),
                      (*outward, "-s", self.forwarded_to, "-j", "MASQUERADE")]
        rules += [(*outward, "-p", "udp", "-j", "MASQUERADE", "--to-ports", self.ports, "--random"), (*outward, "-j", "MASQUERADE")]
        for rule in rules:
            self.run("iptables-legacy", "-t", "nat", *rule)

    def load_nft(self):
        forward = f"iifname out udp dport {{ 500, 4500 }} dnat to {self.forwarded_to}" if self.forwarded_to else ""
        # What is forwarded keeps its port, else the answers would come from another one.
        outgoing = f"oifname out ip protocol udp masquerade to :{self.ports} random"
        keep = f"oifname out ip saddr {self.forwarded_to} masquerade persistent" if self.forwarded_to else ""
        rules = self.dir / "nat.nft"
        rules.write_text(f"""table ip nat
delete table ip nat
table ip nat {{
  chain in {{
    type nat hook prerouting priority -100
    {forward}
  }}
  chain out {{
    type nat hook postrouting priority 100
    {keep}
    {outgoing}
    oifname out masquerade
  }}
}}
""")
        self.nft("-f", rules)

    def reboot(self, ports):
        """Forgets all mappings; those to come have ports of this range."""
        self.ports = ports
        self.load()
        self.forget()

    def forget(self):
        with self.inside(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
            body = struct.pack("BBH", 0, 0, 0)
            netlink.send(struct.pack("=IHHII", 16 + len(body), _CTNETLINK_DELETE, 5, 1, 0) + body)
            answer = netlink.recv(4096)
            if struct.unpack_from("=i", answer, 16)[0] != 0:
                raise LabError("the table of connections cannot be emptied")

    def forget_idle_after(self, seconds):
        for name in ("udp_timeout", "udp_timeout_stream"):
            self.run("sysctl", "-qw", f"net.netfilter.nf_conntrack_{name}={seconds}")


def lay_wire(one, one_name, one_address, other, other_name, other_address):
    one.ip("link", "add", one_name, "gso_max_segs", "1", "type", "veth",
           "peer", "name", other_name, "gso_max_segs", "1", "netns", other.namespace)
    for host, name, address in ((one, one_name, one_address), (other, other_name, other_address)):
        host.ip("addr", "add", f"{address}/24", "dev", name)
        host.ip("link", "set", name, "up")


class NatLab(Lab):
    """left -- box -- right, or left -- box -- far_box -- right; with `third`, another host beside left."""

    def __init__(self, both=False, third=False):
        self.both, self.wants_third = both, third
        super().__init__()

    def _join(self):
        self.box = NatBox(self, "box", NEAR)
        self.third = Host(self, 3, "third") if self.wants_third else None
        inside = [host for host in (self.left, self.third) if host]
        for host in (self.right, *inside):
            run(["ip", "netns", "add", host.namespace])
            self.closers.append(lambda name=host.namespace: run(["ip", "netns", "del", name], check=False))
            host.ip("link", "set", "lo", "up")
            host.ip("addr", "add", f"{host.inner4}/32", "dev", "lo")
        for number, host in enumerate(inside):
            self.box.connect(host, f"in{number}", f"192.168.{number + 1}")
        if self.both:
            self.far_box = NatBox(self, "farbox", FAR)
            self.far_box.connect(self.right, "in0", "192.168.9")
            lay_wire(self.box, "out", self.box.outside, self.far_box, "out", self.far_box.outside)
            self.far_box.forward(self.right)
        else:
            self.right.v4 = FAR
            lay_wire(self.box, "out", self.box.outside, self.right, WIRE, self.right.v4)
        self.box.load()


    def ways_out(self, host):
        return [("-4", NEAR)]           # all others have one: their NAT


class NatCase(PairCase):
    """A pair whose initiator is behind a NAT; with `both`, the responder is behind one that forwards the ports of IKE to it."""

    both = False
    third = False
    keeps_pair = False

    def make_lab(self):
        return NatLab(self.both, self.third)

    def prepare(self):
        for daemon in (self.initiator, self.responder):
            self.keep_alive(daemon, 1)

    @staticmethod
    def keep_alive(daemon, seconds):
        if daemon.kind == "keypact":
            daemon.options["--keep-alive"] = seconds
        elif daemon.kind == "libreswan":
            daemon.keep_alive = seconds
        else:
            daemon.settings = f"keep_alive = {seconds}s"

    def configure_nat(self, **options):
        """What the other end is seen as is not what it is."""
        def of(remote):
            def edit(wanted):
                tunnel = wanted["connections"]["tunnel"]
                tunnel.update(remote_addrs=remote, mobike="no", **options)
            return edit
        self.configure(initiator=of(FAR), responder=of(NEAR))

    def facts(self, daemon):
        (sa,) = daemon.established()
        return sa

