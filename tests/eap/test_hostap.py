#!/usr/bin/env python3
"""Both ends of EAP against hostap's: our server answers eapol_test, and our client asks hostapd, both over RADIUS (RFC 3579).

A case is right when both programs say so and have the same MSK. Everything is on the loopback, on ports that are free.
"""
import argparse
import contextlib
import hashlib
import hmac
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time

SHARED = b"testing123"
REQUEST, ACCEPT, REJECT, CHALLENGE = 1, 2, 3, 11
USER_NAME, STATE, VENDOR, EAP_MESSAGE, AUTHENTICATOR = 1, 24, 26, 79, 80
SEND_KEY, RECV_KEY, MICROSOFT = 16, 17, 311
PASSWORD = "Ar3etTnp"
CARD = "0x465b5ce8b199b49faa5f0a2ee238a6bccd63cb71954a9f4e48a5994e37a02baf"   # test set 1 of 3GPP TS 35.208
IMSI = "0232010000000000@example.org"


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


def encode(code, identifier, authenticator, attributes, request_authenticator=None):
    """The whole packet, its Message-Authenticator and (in an answer) its authenticator computed."""
    body = attributes + attribute(AUTHENTICATOR, bytes(16))
    head = bytes([code, identifier]) + (len(body) + 20).to_bytes(2, "big")
    signed = head + (request_authenticator or authenticator) + body
    mac = hmac.new(SHARED, signed, hashlib.md5).digest()
    body = body[:-16] + mac
    if request_authenticator:
        authenticator = hashlib.md5(head + request_authenticator + body + SHARED).digest()
    return head + authenticator + body


def attributes_of(packet):
    found, at = {}, 20
    while at < len(packet):
        kind, length = packet[at], packet[at + 1]
        found[kind] = found.get(kind, []) + [packet[at + 2:at + length]]
        at += length
    return found


def crypt_key(key, salt, authenticator, decrypt):
    """MS-MPPE keys, as RFC 2548 hides them."""
    text = key if decrypt else bytes([len(key)]) + key + bytes(-(len(key) + 1) % 16)
    out, previous = b"", authenticator + salt
    for at in range(0, len(text), 16):
        pad = hashlib.md5(SHARED + previous).digest()
        block = bytes(a ^ b for a, b in zip(text[at:at + 16], pad))
        previous = text[at:at + 16] if decrypt else block
        out += block
    return out[1:1 + out[0]] if decrypt else out


def mppe_keys(msk, authenticator):
    out = b""
    for kind, part, salt in ((RECV_KEY, msk[:32], b"\x80\x01"), (SEND_KEY, msk[32:64], b"\x80\x02")):
        value = salt + crypt_key(part, salt, authenticator, False)
        out += attribute(VENDOR, MICROSOFT.to_bytes(4, "big") + attribute(kind, value))
    return out


def msk_of(answer, authenticator):
    keys = {}
    for value in attributes_of(answer).get(VENDOR, []):
        if int.from_bytes(value[:4], "big") == MICROSOFT and value[4] in (SEND_KEY, RECV_KEY):
            keys[value[4]] = crypt_key(value[8:], value[6:8], authenticator, True)
    return keys.get(RECV_KEY, b"") + keys.get(SEND_KEY, b"")


def eap_attributes(packet):
    return b"".join(attribute(EAP_MESSAGE, packet[at:at + 253]) for at in range(0, len(packet), 253))


class Driver:
    def __init__(self, program, role, options):
        self.process = subprocess.Popen([program, role, *(str(word) for pair in options.items() for word in pair)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, packet):
        self.process.stdin.write(packet.hex() + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().strip().split(" ", 2)

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=5)


class Card:
    """Answers what eapol_test asks of a card, by its control interface; the answers are the driver's."""

    def __init__(self, lab, options):
        self.lab = lab
        self.options = options
        self.over = False
        self.attached = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        self.attached.wait(timeout=5)

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def run(self):
        own, other = self.lab.path("card"), self.lab.path("control/test")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.bind(own)
            control.settimeout(0.1)
            while not self.over and not self.connect(control, other):
                time.sleep(0.02)
            while not self.over:
                try:
                    said = control.recv(65536).decode()
                except TimeoutError:
                    continue
                if said == "OK\n":
                    self.attached.set()   # to the ATTACH, and then to each answer
                asked = re.search(r"CTRL-REQ-SIM-(\d+):(\S+) needed", said)
                if asked:
                    control.send(f"CTRL-RSP-SIM-{asked[1]}:{self.answer(asked[2])}".encode())
        os.unlink(own)

    @staticmethod
    def connect(control, other):
        try:
            control.connect(other)
            control.send(b"ATTACH")
            return True
        except OSError:
            return False

    def answer(self, question):
        answered = subprocess.run([self.lab.arguments.driver, "card", "secret", self.options["card"], "question", question],
                                  stdout=subprocess.PIPE, text=True, check=True)
        return answered.stdout.strip()


class Lab:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        make_certificates(folder)

    def path(self, name):
        return str(self.folder / name)

    # Our server, eapol_test as the client.

    def server_case(self, options, network):
        """True and what was said, or False and why not."""
        if options["methods"] in ("SIM", "AKA", "AKA_PRIME"):
            head = f"external_sim=1\nctrl_interface={self.path('control')}\n"
        else:
            head = ""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radius:
            radius.bind(("127.0.0.1", 0))
            radius.settimeout(10)
            config = self.folder / "network.conf"
            config.write_text(head + "network={\n" + "".join(f"  {line}\n" for line in network) + "}\n", encoding="utf-8")
            # Without -n it wants keys.
            keyless = ["-n"] if options["methods"] in ("MD5", "GTC") else []
            tester = subprocess.Popen([self.arguments.eapol_test, *keyless, "-c", str(config), "-a", "127.0.0.1", "-p",
                                       str(radius.getsockname()[1]), "-s", SHARED.decode(), "-t", "8"],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                with Card(self, options) if head else contextlib.nullcontext():
                    said = self.serve(radius, options)
            except TimeoutError:
                said = ["failure", "-", "eapol_test fell silent"]
            output, _ = tester.communicate(timeout=20)
        good = said[0] == "success" and output.rstrip().endswith("SUCCESS") and tester.returncode == 0
        if said[0] == "success" and good and said[2].split()[0] != "-":
            good = "MPPE keys OK: 1" in output
        reasons = [line for line in output.splitlines() if re.search(r"fail|error|mismatch", line, re.I)]
        return good, f"it is {said[2].split()[1]}" if good else f"we: {' '.join(said)}; eapol_test: {reasons[-6:]}"

    def serve(self, radius, options):
        driver = None
        while True:
            request, sender = radius.recvfrom(65536)
            packet = b"".join(attributes_of(request)[EAP_MESSAGE])
            if driver is None:
                driver = Driver(self.arguments.driver, "server", {**options, "identity": packet[5:].decode()})
            else:
                driver.say(packet)
            said = driver.hear()
            code = {"send": CHALLENGE, "success": ACCEPT, "failure": REJECT}[said[0]]
            attributes = eap_attributes(bytes.fromhex(said[1])) + (attribute(STATE, b"1") if code == CHALLENGE else b"")
            if code == ACCEPT and said[2].split()[0] != "-":
                attributes += mppe_keys(bytes.fromhex(said[2].split()[0]), request[4:20])
            radius.sendto(encode(code, request[1], b"", attributes, request[4:20]), sender)
            if code != CHALLENGE:
                driver.end()
                return said

    # Our client, hostapd as the server.

    def start_hostapd(self):
        port = free_port()
        (self.folder / "clients").write_text(f"127.0.0.1/32 {SHARED.decode()}\n", encoding="utf-8")
        users = [f'"carol" MSCHAPV2,MD5,GTC "{PASSWORD}"', '"tls@example.org" TLS', '"ttls@example.org" TTLS', '"peap@example.org" PEAP',
                 f'"carol" TTLS-PAP,TTLS-MSCHAPV2,MSCHAPV2,MD5,GTC "{PASSWORD}" [2]']
        users += [f'"md5@example.org" MD5 "{PASSWORD}"', f'"gtc@example.org" GTC "{PASSWORD}"']
        (self.folder / "users").write_text("\n".join(users) + "\n", encoding="utf-8")
        (self.folder / "hostapd.conf").write_text("\n".join([
            "driver=none", "eap_server=1", f"eap_user_file={self.path('users')}", f"ca_cert={self.path('ca.pem')}",
            f"server_cert={self.path('moon.pem')}", f"private_key={self.path('moon.key')}",
            "tls_flags=[ENABLE-TLSv1.3]", "fragment_size=600",
            f"radius_server_clients={self.path('clients')}", f"radius_server_auth_port={port}"]) + "\n", encoding="utf-8")
        log = open(self.folder / "hostapd.log", "w", encoding="utf-8")
        process = subprocess.Popen([self.arguments.hostapd, "-dd", self.path("hostapd.conf")], stdout=log, stderr=log)
        time.sleep(0.5)
        return process, port

    def client_case(self, port, options):
        driver = Driver(self.arguments.driver, "client", options)
        identity = options.get("anonymous", options["user"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radius:
            radius.connect(("127.0.0.1", port))
            radius.settimeout(5)
            driver.say(bytes.fromhex("0101000501"))
            said, state = driver.hear(), b""
            for identifier in range(100):
                authenticator = secrets.token_bytes(16)
                attributes = attribute(USER_NAME, identity.encode()) + eap_attributes(bytes.fromhex(said[1])) + state
                radius.send(encode(REQUEST, identifier, authenticator, attributes))
                try:
                    answer = radius.recv(65536)
                except TimeoutError:
                    return False, "hostapd fell silent"
                found = attributes_of(answer)
                state = b"".join(attribute(STATE, value) for value in found.get(STATE, []))
                driver.say(b"".join(found[EAP_MESSAGE]))
                said = driver.hear()
                if said[0] != "send" or answer[0] != CHALLENGE:
                    break
        driver.end()
        if answer[0] != ACCEPT or said[0] != "success":
            return False, f"we: {' '.join(said)}; hostapd: {'accepts' if answer[0] == ACCEPT else 'does not accept'}"
        theirs, ours = msk_of(answer, authenticator), said[2] if said[2] == "-" else bytes.fromhex(said[2])
        # Of MSCHAPV2 hostapd has 32 octets, in two halves.
        same = ours == "-" or theirs == ours or (len(theirs) == 32 and theirs == ours[:32])
        return same, "the same MSK" if same and ours != "-" else "no MSK" if same else f"the MSKs differ: {theirs.hex()} {ours.hex()}"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificates(folder):
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=CA", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    for name, alternative, usage in (("moon", "DNS:moon.example.org", "serverAuth"), ("carol", "email:tls@example.org", "clientAuth")):
        (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\nextendedKeyUsage={usage}\n", encoding="utf-8")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def server_cases(lab):
    """Name, options of our server, lines of eapol_test's network."""
    own = {"ca": lab.path("ca.pem"), "cert": lab.path("moon.pem"), "key": lab.path("moon.key")}
    carol = ['identity="carol"', f'password="{PASSWORD}"', "key_mgmt=IEEE8021X"]
    user = {"user": "carol", "secret": PASSWORD}
    for method in ("MD5", "GTC", "MSCHAPV2"):
        yield f"server {method}", {"methods": method, **user}, [*carol, f"eap={method}"]
    yield "server Nak", {"methods": "GTC,MSCHAPV2", **user}, [*carol, "eap=MSCHAPV2"]
    for version, flags in (("1.2", "tls_disable_tlsv1_3=1"), ("1.3", "tls_disable_tlsv1_3=0")):
        trust = [f'ca_cert="{lab.path("ca.pem")}"', f'phase1="{flags}"']
        yield (f"server TLS {version}", {"methods": "TLS", "user": "tls@example.org", "secret": "", "fragment": 300, **own},
               ['identity="tls@example.org"', "key_mgmt=IEEE8021X", "eap=TLS", *trust, f'client_cert="{lab.path("carol.pem")}"',
                f'private_key="{lab.path("carol.key")}"', "fragment_size=300"])
        anonymous = [*carol, 'anonymous_identity="@example.org"', *trust]
        for inner, phase2 in (("PAP", "auth=PAP"), ("MSCHAPV2", "auth=MSCHAPV2"), ("EAP-MSCHAPV2", "autheap=MSCHAPV2"),
                              ("EAP-MD5", "autheap=MD5")):
            yield (f"server TTLS {inner} {version}", {"methods": "TTLS", "inner": "MSCHAPV2,MD5", **user, **own},
                   [*anonymous, "eap=TTLS", f'phase2="{phase2}"'])
        for inner in ("MSCHAPV2", "GTC"):
            yield (f"server PEAP {inner} {version}", {"methods": "PEAP", "inner": inner, **user, **own},
                   [*anonymous, "eap=PEAP", f'phase2="auth={inner}"'])
    card = [f'identity="{IMSI}"', "key_mgmt=IEEE8021X"]
    for method, name in (("AKA", "AKA"), ("AKA_PRIME", "AKA'"), ("SIM", "SIM")):
        yield f"server {name}", {"methods": method, "user": IMSI, "secret": CARD, "card": CARD}, [*card, f"eap={name}"]


def client_cases(lab):
    own = {"ca": lab.path("ca.pem"), "server-name": "moon.example.org", "secret": PASSWORD}
    yield "client MSCHAPV2", {"methods": "MSCHAPV2", "user": "carol", **own}
    yield "client MD5", {"methods": "MD5", "user": "md5@example.org", **own}
    yield "client GTC", {"methods": "GTC", "user": "gtc@example.org", **own}
    yield "client Nak", {"methods": "GTC", "user": "carol", **own}
    for version in ("1.2", "1.3"):
        yield f"client TLS {version}", {"methods": "TLS", "user": "tls@example.org", "tls": version, "fragment": 300,
                                        "cert": lab.path("carol.pem"), "key": lab.path("carol.key"), **own}
        for ttls in ("pap", "mschapv2", "eap"):
            yield f"client TTLS {ttls} {version}", {"methods": "TTLS", "user": "carol", "anonymous": "ttls@example.org",
                                                    "ttls": ttls, "tls": version, **own}
        for inner in ("MSCHAPV2", "GTC"):
            yield f"client PEAP {inner} {version}", {"methods": "PEAP", "user": "carol", "anonymous": "peap@example.org",
                                                     "inner": inner, "tls": version, **own}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--eapol-test", required=True)
    parser.add_argument("--hostapd", required=True)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    arguments = parser.parse_args()
    failures = 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keypact-eap-"))
    lab = Lab(arguments, folder)
    hostapd, port = lab.start_hostapd()
    try:
        outcomes = [(name, lambda o=options, n=network: lab.server_case(o, n)) for name, options, network in server_cases(lab)]
        outcomes += [(name, lambda o=options: lab.client_case(port, o)) for name, options in client_cases(lab)]
        for name, run in outcomes:
            if arguments.only not in name:
                continue
            good, text = run()
            failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {name}: {text}", flush=True)
    finally:
        hostapd.terminate()
        hostapd.wait()
    if arguments.keep:
        print(folder)
    else:
        subprocess.run(["rm", "-r", str(folder)], check=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
