"""What the kernel of a host has of IPsec, read with ip(8), in the words that vici has for Child SAs."""
import re

# The kernel's name: vici's name, and the octets of salt that the kernel counts to the key.
CIPHERS = {
    "cbc(aes)": ("AES_CBC", 0), "rfc3686(ctr(aes))": ("AES_CTR", 4), "cbc(des3_ede)": ("3DES_CBC", None),
    "ecb(cipher_null)": ("NULL", None), "rfc4106(gcm(aes))": ("AES_GCM_{icv}", 4), "rfc4309(ccm(aes))": ("AES_CCM_{icv}", 3),
    "rfc4543(gcm(aes))": ("NULL_AES_GMAC", 4), "cbc(camellia)": ("CAMELLIA_CBC", 0),
    "rfc7539esp(chacha20,poly1305)": ("CHACHA20_POLY1305", None)}
INTEGRITY = {"hmac(sha1)": "HMAC_SHA1_96", "hmac(sha256)": "HMAC_SHA2_256_128", "hmac(sha384)": "HMAC_SHA2_384_192",
             "hmac(sha512)": "HMAC_SHA2_512_256", "xcbc(aes)": "AES_XCBC_96", "cmac(aes)": "AES_CMAC_96"}

_STATE = re.compile(r"^src (\S+) dst (\S+)\s+proto (\S+) spi 0x(\w+)\(\d+\) reqid (\d+)\(\w+\) mode (\w+)", re.M)
_ALGORITHM = re.compile(r"^\s+(aead|enc|auth|auth-trunc) (\S+)(?:\s+0x\w+ \((\d+) bits\)(?: (\d+))?)?", re.M)
_USED = re.compile(r"lifetime current:\s+(\d+)\(bytes\), (\d+)\(packets\)")
_POLICY = re.compile(r"^src (\S+) dst (\S+) *(.*?) *\n\s+dir (\w+) .*((?:\n\t+.*)*)", re.M)


def blocks(text):
    """What ip(8) prints of several things: the lines of one, the first of which is not indented."""
    return re.split(r"\n(?=\S)", text.strip()) if text.strip() else []


def states(host):
    """[{src, dst, proto, spi, reqid, mode, bytes, packets, encapsulated, and vici's names of the algorithms}]"""
    return [read_state(block) for block in blocks(host.ip("-s", "xfrm", "state")) if _STATE.match(block)]


def read_state(block):
    src, dst, proto, spi, reqid, mode = _STATE.match(block).groups()
    found = {"src": src, "dst": dst, "proto": proto, "spi": spi.zfill(8), "reqid": int(reqid), "mode": mode.upper(),
             "encapsulated": "encap type espinudp" in block}
    found["bytes"], found["packets"] = map(int, _USED.search(block).groups())
    for kind, name, bits, icv in _ALGORITHM.findall(block):
        if kind.startswith("auth"):
            if name != "digest_null":
                found["integ-alg"] = INTEGRITY.get(name, name)
            continue
        known, salt = CIPHERS.get(name, (name, None))
        found["encr-alg"] = known.format(icv=int(icv or 0) // 8)
        if salt is not None:
            found["encr-keysize"] = str(int(bits) - 8 * salt)
    return found


def algorithms(host):
    """{SPI: what ip(8) says of names, keys and lengths of ICVs}"""
    found = {}
    for block in blocks(host.ip("xfrm", "state")):
        if match := _STATE.match(block):
            found[match.group(4)] = [" ".join(line.split()) for line in block.splitlines()
                                     if line.split()[0] in ("aead", "enc", "auth", "auth-trunc")]
    return found


def policies(host):
    """[{src, dst, rest (protocol and ports), dir, template}], without those of sockets and of neighbour discovery."""
    found = [dict(zip(("src", "dst", "rest", "dir", "template"), match.groups()))
             for match in map(_POLICY.match, blocks(host.ip("xfrm", "policy"))) if match]
    return [policy for policy in found if not policy["rest"].startswith("proto ipv6-icmp type 13")]


def brackets(rest, which):
    """What vici has in brackets of "proto tcp dport 80"."""
    words = dict(zip(rest.split()[::2], rest.split()[1::2]))
    port = f"/{words[which]}" if which in words else ""
    return f"[{words['proto']}{port}]" if "proto" in words else ""


def child(host, spi_in, spi_out):
    """vici's description of a Child SA with these SPIs; empty when the kernel has it not."""
    everything = states(host)
    known = {state["spi"]: state for state in everything if state["proto"] in ("esp", "ah")}
    if spi_in not in known or spi_out not in known:
        return {}
    inbound, outbound = known[spi_in], known[spi_out]
    # What is compressed before has its mode there.
    (mode,) = {state["mode"] for state in everything if state["proto"] == "comp" and state["dst"] == inbound["dst"]} \
        or {inbound["mode"]}
    found = {"protocol": inbound["proto"].upper(), "mode": mode, "spi-in": spi_in, "spi-out": spi_out, "state": "INSTALLED",
             "encap": "yes" if inbound["encapsulated"] else None}
    found |= {key: inbound[key] for key in ("encr-alg", "encr-keysize", "integ-alg") if key in inbound}
    for way, state in (("in", inbound), ("out", outbound)):
        found |= {f"bytes-{way}": str(state["bytes"]), f"packets-{way}": str(state["packets"])}
    selectors = [(policy["src"] + brackets(policy["rest"], "sport"), policy["dst"] + brackets(policy["rest"], "dport"))
                 for policy in policies(host) if policy["dir"] == "out" and f" reqid {outbound['reqid']} " in policy["template"]]
    return found | {"local-ts": sorted({src for src, _ in selectors}), "remote-ts": sorted({dst for _, dst in selectors})}
