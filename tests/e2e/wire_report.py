#!/usr/bin/env python3
"""What a capture of the wire between two hosts holds: wire_report.py FILE.pcap INNER_ADDRESS... Exits non-zero when anything
but IKE, ESP and the neighbours' housekeeping crossed it, or an inner address or the test's data was readable in it."""
import ipaddress
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
from capture import census, read_frames  # noqa: E402  (the path comes first)

WORDS = {"IKE": "IKE messages (UDP 500 and 4500)", "ESP": "ESP packets (IP protocol 50 or UDP 4500)",
         "keepalive": "NAT keepalives", "housekeeping": "ARP and neighbour discovery"}


def main(path, *inner):
    addresses = [ipaddress.ip_address(text).packed for text in inner]
    counts, complaints = census(read_frames(path), addresses)
    complaints += [f"no {kind} crossed the wire" for kind in ("IKE", "ESP") if not counts.get(kind)]
    for kind, words in WORDS.items():
        if counts.get(kind) or kind in ("IKE", "ESP"):
            print(f"  {counts.pop(kind, 0):7} {words}")
    print(f"  {sum(counts.values()):7} of anything else")
    readable = sum("in clear" in complaint for complaint in complaints)
    print(f"  {readable:7} with an inner address or our data in clear")
    for complaint in complaints[:20]:
        print(f"  {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
