"""What crosses the wire: captures with dumpcap, a reading of them without it, and what tshark says of them."""
import os
import re
import signal
import struct
import time

from lab import MARKER, LabError, Process, WIRE, run, wait_for

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86dd
ICMP6_HOUSEKEEPING = {133, 134, 135, 136, 137, 143}     # neighbour and router discovery, multicast listener reports


class Capture:
    """A capture of one host's side of the wire, from construction to stop(). A kernel that does ESP shows what it has decrypted
    as if it had come by the wire: there only what goes out is what was on it."""

    def __init__(self, host, interface=WIRE, outgoing=False):
        self.path = host.dir / f"{interface}.pcap"
        self.path.unlink(missing_ok=True)
        log = host.dir / f"{interface}.dumpcap"
        log.unlink(missing_ok=True)
        self.process = Process([*host.exec_prefix(), "dumpcap", "-q", "-P", "-i", interface, "-w", self.path,
                                *(("-f", f"ether src {address_of(host, interface)}") if outgoing else ())], log)
        host.lab.closers.append(lambda: self.process.stop(signal.SIGKILL))
        wait_for(lambda: "File:" in log.read_text() or not self.process.alive(), "dumpcap runs")
        if not self.process.alive():
            raise LabError(f"dumpcap: {log.read_text()}")

    def stop(self):
        """Ends the capture; itself, for the readers below."""
        time.sleep(0.25)                # the kernel hands packets over in blocks
        self.process.stop(signal.SIGINT)
        return self

    def frames(self):
        return read_frames(self.path)


def address_of(host, interface):
    return re.search(r"link/ether (\S+)", host.ip("link", "show", "dev", interface)).group(1)


def read_frames(path):
    """The octets of each Ethernet frame of a capture file (pcap), up to the last whole one: it may be written to."""
    with open(path, "rb") as file:
        octets = file.read()
    at = 24
    while at + 16 <= len(octets):
        (length,) = struct.unpack_from("<I", octets, at + 8)
        if at + 16 + length > len(octets):
            return
        yield octets[at + 16:at + 16 + length]
        at += 16 + length


def classify(frame):
    """'IKE', 'ESP', 'housekeeping', or a description of what should not be there."""
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    if ethertype == ARP:
        return "housekeeping"
    if ethertype == IPV4:
        protocol, at = frame[23], 14 + (frame[14] & 15) * 4
    elif ethertype == IPV6:
        protocol, at = frame[20], 54
        if protocol == 0:               # a hop-by-hop header, as multicast listener reports have one
            protocol, at = frame[at], at + 8 + frame[at + 1] * 8
        if protocol == 58 and frame[at] in ICMP6_HOUSEKEEPING:
            return "housekeeping"
    else:
        return f"ethertype {ethertype:#06x}"
    if protocol == 50:
        return "ESP"
    if protocol == 17:
        source, target = struct.unpack_from("!HH", frame, at)
        if 4500 in (source, target):
            if len(frame) == at + 9 and frame[at + 8] == 0xff:
                return "keepalive"
            return "IKE" if frame[at + 8:at + 12] == b"\0\0\0\0" else "ESP"
        if 500 in (source, target):
            return "IKE"
        return f"UDP port {source} to {target}"
    return f"IP protocol {protocol}"


def census(frames, inner_addresses=()):
    """({kind: count}, [complaints]): complaints about other traffic, inner addresses, or our marker in clear."""
    counts, complaints = {}, []
    pairs = [a + b for a in inner_addresses for b in inner_addresses if a != b]
    for number, frame in enumerate(frames, 1):
        kind = classify(frame)
        counts[kind] = counts.get(kind, 0) + 1
        if kind not in ("IKE", "ESP", "keepalive", "housekeeping"):
            complaints.append(f"frame {number}: {kind}")
        if kind != "housekeeping":
            if any(pair in frame for pair in pairs):
                complaints.append(f"frame {number} ({kind}): an inner source and destination address in clear")
            if MARKER[:16] in frame:
                complaints.append(f"frame {number} ({kind}): our data in clear")
    return counts, complaints


def tshark(path, *options, keys=None, timeout=60):
    """tshark's standard output for a capture; keys is a directory with Wireshark's tables of keys."""
    environment = dict(os.environ, HOME=str(path.parent), WIRESHARK_CONFIG_DIR=str(keys or path.parent))
    with open(path.with_suffix(".tshark"), "w+", encoding="utf-8") as complaints:
        done = run(["tshark", "-n", "-r", path, *options], timeout=timeout, env=environment, check=False, stderr=complaints)
        complaints.seek(0)
        said = complaints.read()
    if done.returncode != 0 or "Error loading table" in said:
        raise LabError(f"tshark {' '.join(map(str, options))}: status {done.returncode}\n{said}")
    return done.stdout


def fields(path, display_filter, *names, keys=None):
    """One list of strings a packet that the display filter selects."""
    options = ["-Y", display_filter, "-T", "fields", "-E", "separator=;"]
    if keys:
        options += ["-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"]
    for name in names:
        options += ["-e", name]
    return [line.split(";") for line in tshark(path, *options, keys=keys).splitlines()]
