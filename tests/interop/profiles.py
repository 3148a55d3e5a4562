"""Profiles that `keypact export` wrote for clients of other makers, read by the words of those, as the configuration of a client here."""
import base64
import json
import pathlib
import plistlib
import re

# What the words of each maker stand for, in swanctl's keywords.
CIPHERS = {"AES-256-GCM": "aes256gcm16", "AES-128-GCM": "aes128gcm16", "ChaCha20Poly1305": "chacha20poly1305", "AES-256": "aes256",
           "AES-128": "aes128", "GCMAES256": "aes256gcm16", "GCMAES128": "aes128gcm16", "AES256": "aes256", "AES128": "aes128"}
HASHES = {"SHA1-96": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512", "SHA1": "sha1", "SHA196": "sha1",
          "SHA256": "sha256", "SHA256128": "sha256", "SHA384": "sha384"}
GROUPS = {14: "modp2048", 15: "modp3072", 16: "modp4096", 17: "modp6144", 18: "modp8192", 19: "ecp256", 20: "ecp384", 21: "ecp521",
          31: "x25519", "Group14": "modp2048", "PFS2048": "modp2048", "ECP256": "ecp256", "ECP384": "ecp384"}


def proposal(cipher, hash_name, group, ike):
    words = [CIPHERS[cipher]]
    if "gcm" not in words[0] and "chacha" not in words[0]:
        words.append(HASHES[hash_name])
    if ike:
        words.append(f"prf{HASHES[hash_name]}")
    return "-".join(words + ([GROUPS[group]] if group else []))


class ClientProfile:
    """What a client is told: where the gateway is and who, who vouches for it, what is behind it, the algorithms, the client's own
    identity and PKCS#12."""

    identity = container = None
    networks = ("0.0.0.0/0",)

    def by_password(self):
        return self.type in ("eap", "ikev2-eap")

    def configuration(self, password):
        """The connection as swanctl.conf has it."""
        local = {"auth": "pubkey"}
        if self.by_password():
            local = {"auth": "eap-mschapv2", "eap_id": self.identity or "alice"}
        elif self.identity:
            local["id"] = self.identity
        child = {"remote_ts": list(self.networks), "esp_proposals": self.esp}
        return {"connections": {"tunnel": {
                    "version": 2, "remote_addrs": self.server, "vips": "0.0.0.0", "proposals": self.ike, "local": local,
                    "remote": {"auth": "pubkey", "id": self.gateway}, "children": {"net": child}}},
                "secrets": {"eap-alice": {"id": "alice", "secret": f'"{password}"'}}}


class AppProfile(ClientProfile):
    """.sswan"""

    def __init__(self, path):
        told = json.loads(path.read_text())
        self.uuid, self.type, self.title = told["uuid"], told["type"], told["name"]
        self.server, self.gateway = told["remote"]["addr"], told["remote"]["id"]
        self.authority = base64.b64decode(told["remote"]["cert"])
        local = told.get("local", {})
        self.identity = local.get("eap_id") or local.get("id")
        self.container = base64.b64decode(local["p12"]) if "p12" in local else None
        self.ike, self.esp = told["ike-proposal"], told["esp-proposal"]
        self.networks = told.get("split-tunneling", {}).get("subnets", self.networks)


class AppleProfile(ClientProfile):
    """.mobileconfig"""

    def __init__(self, path):
        with open(path, "rb") as file:
            told = plistlib.load(file)
        self.uuids = [told["PayloadUUID"], *(each["PayloadUUID"] for each in told["PayloadContent"])]
        payloads = {each["PayloadType"]: each for each in told["PayloadContent"]}
        vpn = payloads["com.apple.vpn.managed"]
        self.ikev2, self.overrides = vpn["IKEv2"], vpn["IPv4"]["OverridePrimary"]
        self.title = vpn["UserDefinedName"]
        self.server, self.gateway = self.ikev2["RemoteAddress"], self.ikev2["RemoteIdentifier"]
        self.type = "eap" if "AuthName" in self.ikev2 or (self.ikev2["ExtendedAuthEnabled"] and len(payloads) == 2) else "certificate"
        self.identity = self.ikev2["LocalIdentifier"]
        self.authority = payloads.get("com.apple.security.root", {}).get("PayloadContent")
        own = payloads.get("com.apple.security.pkcs12")
        self.container = own and own["PayloadContent"]
        self.own_is_named = own is None or self.ikev2["PayloadCertificateUUID"] == own["PayloadUUID"]
        words = self.ikev2["IKESecurityAssociationParameters"]
        self.ike = proposal(words["EncryptionAlgorithm"], words["IntegrityAlgorithm"], words["DiffieHellmanGroup"], True)
        words = self.ikev2["ChildSecurityAssociationParameters"]
        pfs = words["DiffieHellmanGroup"] if self.ikev2["EnablePFS"] else None
        self.esp = proposal(words["EncryptionAlgorithm"], words.get("IntegrityAlgorithm"), pfs, False)


class WindowsProfile(ClientProfile):
    """.ps1"""

    def __init__(self, path):
        self.text = path.read_text("utf-8-sig")
        files = [base64.b64decode(text) for text in re.findall(r"FromBase64String\('([^']*)'\)", self.text)]
        self.title = re.search(r"^\$name = '(.*)'$", self.text, re.M).group(1).replace("''", "'")
        self.server = re.search(r"-ServerAddress '([^']*)'", self.text).group(1)
        self.gateway = "%any"       # Windows sends no IDr, and compares the certificate with the name that it connects to
        self.type = "eap" if "New-EapConfiguration).EapConfigXmlStream" in self.text else "certificate"
        self.authority = files[0]
        self.container = files[1] if len(files) > 1 else None
        words = dict(re.findall(r"-(\w+) (\w+)", re.search(r"^Set-VpnConnectionIPsec.*$", self.text, re.M).group()))
        self.ike = proposal(words["EncryptionMethod"], words["IntegrityCheckMethod"], words["DHGroup"], True)
        pfs = None if words["PfsGroup"] == "None" else words["PfsGroup"]
        self.esp = proposal(words["CipherTransformConstants"], words["AuthenticationTransformConstants"], pfs, False)
        if "-SplitTunneling" in self.text:
            self.networks = re.findall(r"^Add-VpnConnectionRoute .*-DestinationPrefix (\S+)$", self.text, re.M)


FORMS = {"sswan": (".sswan", AppProfile), "mobileconfig": (".mobileconfig", AppleProfile), "powershell": (".ps1", WindowsProfile)}


def profile_at(folder, form, connection="tunnel"):
    ending, kind = FORMS[form]
    return kind(pathlib.Path(folder) / f"{connection}{ending}")
