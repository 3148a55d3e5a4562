#!/usr/bin/env python3
"""Lets tshark decode one message of each payload kind that our encoder wrote: tshark_test.py WRITE_PCAP.

No packet may be marked malformed, and tshark must read what the samples put in. Exits with 77 (skipped) where there
is no tshark.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

# Sample -> field of tshark -> all its values in the packet, in order.
EXPECTED = {
    "sa": {"typepayload": "33 2 3 3 3 3 3 2 3 3 3 3", "prop.number": "1 2", "prop.protoid": "1 1", "spisize": "0 0",
           "prop.transforms": "5 4", "tf.type": "1 1 2 4 4 1 2 3 4", "tf.id.encr": "20 28 12", "tf.id.prf": "6 5",
           "tf.id.dh": "31 14 19", "tf.id.integ": "12", "ike2.attr.key_length": "256 128"},
    "sa_esp": {"prop.protoid": "3", "spisize": "4", "spi": "c0:ff:ee:01", "tf.id.encr": "20", "tf.id.esn": "0 1"},
    "ke": {"typepayload": "34", "key_exchange.dh_group": "31",
           "key_exchange.data": ":".join(f"{octet:02x}" for octet in range(1, 33))},
    "idi": {"typepayload": "35", "id.type": "2", "id.data.fqdn": "gw.example.org"},
    "idr": {"typepayload": "36", "id.type": "1", "id.data.ipv4_addr": "192.0.2.1"},
    "cert": {"typepayload": "37", "cert.encoding": "12"},
    "certreq": {"typepayload": "38", "certreq.type": "4"},
    "auth": {"typepayload": "39", "auth.method": "2",
             "auth.data": ":".join(f"{octet:02x}" for octet in range(1, 33))},
    "nonce": {"typepayload": "40", "nonce": ":".join(f"{octet:02x}" for octet in range(1, 33))},
    "notify": {"typepayload": "41", "notify.protoid": "0", "spisize": "0", "notify.msgtype": "16388",
               "notify.data": ":".join(f"{octet:02x}" for octet in range(1, 21))},
    "notify_spi": {"notify.protoid": "3", "spisize": "4", "notify.msgtype": "16393", "spi": "c0:ff:ee:01"},
    "delete_ike": {"typepayload": "42", "delete.protoid": "1", "spisize": "0", "spinum": "0"},
    "delete_esp": {"delete.protoid": "3", "spisize": "4", "spinum": "2", "delete.spi": "c0:ff:ee:01 c0:ff:ee:02"},
    "vendor_id": {"typepayload": "43", "vid_bytes": "6b:65:79:70:61:63:74"},
    "tsi": {"typepayload": "44", "ts.type": "7 8 7 7", "ts.protoid": "0 0 6 1", "ts.start_port": "0 0 80 65535",
            "ts.end_port": "65535 65535 443 0", "ts.selector_length": "16 40 16 16",
            "ts.start_ipv4": "0.0.0.0 192.0.2.1 192.0.2.1", "ts.end_ipv4": "255.255.255.255 192.0.2.9 192.0.2.9",
            "ts.start_ipv6": "::", "ts.end_ipv6": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    "tsr": {"typepayload": "45", "ts.type": "7 8 7 7"},
    "cp": {"typepayload": "47", "cfg.attr.internal_ip4_address": "10.3.0.1",
           "cfg.attr.internal_ip4_dns": "192.0.2.53", "cfg.attr.internal_ip6_address.prefix": "17"},
    "eap": {"typepayload": "48"},
    "unknown": {"typepayload": "49"},
    "ike_sa_init": {"exchangetype": "34", "ispi": "01:02:03:04:05:06:07:08", "rspi": "00:00:00:00:00:00:00:00",
                    "messageid": "0x00000000", "notify.msgtype": "16430", "prop.number": "1 2"},
    "sk": {"exchangetype": "35", "messageid": "0x00000001", "typepayload": "46"},
    "skf": {"typepayload": "53", "frag.number": "1", "frag.total": "2"},
}


def decoded(capture):
    """For each packet: whether it is malformed, and the shown values of its isakmp fields."""
    command = ["tshark", "-n", "-r", capture, "-T", "pdml"]
    pdml = subprocess.run(command, capture_output=True, check=True).stdout
    for packet in ElementTree.fromstring(pdml):
        protocols = {protocol.get("name") for protocol in packet.iter("proto")}
        # A length that is wrong within the packet is a remark of the expert, not the mark on the whole packet.
        remarks = [field.get("showname") for field in packet.iter("field") if field.get("name") == "_ws.expert"]
        malformed = ("isakmp" not in protocols or "_ws.malformed" in protocols or
                     any("Malformed" in remark for remark in remarks))
        values = {}
        for field in packet.iter("field"):
            name = field.get("name")
            if name.startswith("isakmp."):
                values.setdefault(name.removeprefix("isakmp."), []).append(field.get("show"))
        yield malformed, values


def failures_of(name, malformed, values):
    if malformed:
        yield f"{name}: malformed, says tshark"
    if values.get("mjver") not in (None, ["0x02"]):
        yield f"{name}: not IKEv2, says tshark"
    for field, expected in EXPECTED[name].items():
        found = " ".join(values.get(field, []))
        if found != expected:
            yield f"{name}: isakmp.{field} is {found!r} to tshark, not {expected!r}"


def main():
    if shutil.which("tshark") is None:
        print("skipped: no tshark here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "samples.pcap")
        names = subprocess.run([sys.argv[1], capture], capture_output=True, text=True, check=True).stdout.split()
        packets = list(decoded(capture))
    failures = [] if len(packets) == len(names) else [f"{len(names)} messages, but {len(packets)} packets"]
    for name, (malformed, values) in zip(names, packets):
        failures += failures_of(name, malformed, values)
    print("\n".join(failures) or f"tshark decodes all {len(names)} messages")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
