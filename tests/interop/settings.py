"""The configuration of a case, as nested dicts with swanctl's keys, and how it is written for daemons that read something else."""
import re
import unittest

PSK = "correct horse battery staple"


def render(section, indent=""):
    """swanctl.conf for nested dicts; a list becomes a comma-separated value."""
    lines = []
    for key, value in section.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", render(value, indent + "  "), f"{indent}}}"]
        elif value is not None:
            lines.append(f"{indent}{key} = {', '.join(value) if isinstance(value, (list, tuple)) else value}")
    return "\n".join(lines)


def site(host, peer, family=4, inner=(4,), ike=None, esp=None):
    """The configuration of one end of a site-to-site tunnel, as nested dicts to be changed and rendered."""
    return {
        "connections": {"tunnel": {
            "version": 2,
            "local_addrs": host.outer(family),
            "remote_addrs": peer.outer(family),
            "proposals": ike,
            "local": {"auth": "psk", "id": f"{host.side}.example"},
            "remote": {"auth": "psk", "id": f"{peer.side}.example"},
            "children": {"net": {
                "local_ts": [host.net(f) for f in inner],
                "remote_ts": [peer.net(f) for f in inner],
                "esp_proposals": esp,
                "mode": "tunnel"}}}},
        "secrets": {"ike-1": {"id-1": "left.example", "id-2": "right.example", "secret": f'"{PSK}"'}}}


def by_certificate(end):
    """Whether this end of a connection, local or remote, shows who it is by a signature."""
    return end["auth"] not in ("psk", "null")


def own_certificate(connection, credentials):
    """The path of the certificate of this host, whose private key has its name."""
    if named := connection["local"].get("certs"):
        return credentials / "x509" / named
    paths = [path for path in (credentials / "x509").glob("*.pem") if (credentials / "private" / path.name).exists()]
    if len(paths) != 1:
        raise Untranslatable("the other daemon wants one certificate")
    return paths[0]


def values(value):
    """The values of a key that may have none, one, or several."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


class Untranslatable(unittest.SkipTest):
    """The daemon has no words for it: the case is skipped, and says so."""


class Proposal:
    """The algorithms of one proposal in swanctl's keywords, by their kind; `tables` are the words of another daemon for them."""

    GROUP = re.compile(r"modp\d+|ecp\d+(bp)?|x25519|x448|curve25519")
    CIPHER = re.compile(r"3des|null|aes\d+.*|chacha20poly1305")

    def __init__(self, text):
        self.ciphers, self.integrity, self.prfs, self.groups = [], [], [], []
        for word in text.split("-"):
            if word in ("esn", "noesn"):
                raise Untranslatable(f"the other daemon has no words for {word}")
            if word.startswith("prf"):
                self.prfs.append(word.removeprefix("prf"))
            elif self.GROUP.fullmatch(word):
                self.groups.append(word)
            elif self.CIPHER.fullmatch(word) and word not in ("aesxcbc", "aescmac"):
                self.ciphers.append(word)
            else:
                self.integrity.append(word)


def translate(words, table):
    """Each word as the table has it."""
    for word in words:
        if word not in table:
            raise Untranslatable(f"the other daemon has no words for {word}")
    return [table[word] for word in words]
