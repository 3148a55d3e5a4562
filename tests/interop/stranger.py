"""An initiator that sends only its IKE_SA_INIT request: for half-open SAs and for probes of a responder."""
import secrets
import socket
import struct

SA, KE, NONCE = 33, 34, 40


def _payload(following, body):
    return struct.pack("!BBH", following, 0, len(body) + 4) + body


def _transform(last, kind, number, key_bits=0):
    attributes = struct.pack("!HH", 0x800e, key_bits) if key_bits else b""
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attributes), kind, 0, number) + attributes


def sa_init():
    """RFC 7296 §1.2: HDR, SAi1, KEi, Ni with AES-CBC-128, HMAC-SHA-256 and Curve25519."""
    transforms = _transform(False, 1, 12, 128) + _transform(False, 2, 5) + _transform(False, 3, 12) + _transform(True, 4, 31)
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 4) + transforms
    body = (_payload(KE, proposal) + _payload(NONCE, struct.pack("!HH", 31, 0) + secrets.token_bytes(32)) +
            _payload(0, secrets.token_bytes(32)))
    return secrets.token_bytes(8) + bytes(8) + struct.pack("!BBBBII", SA, 0x20, 34, 0x08, 0, 28 + len(body)) + body


def knock(host, address, timeout=2):
    """Sends one IKE_SA_INIT request from a fresh port; the answer."""
    with host.socket(address, socket.SOCK_DGRAM) as knocker:
        knocker.settimeout(timeout)
        knocker.sendto(sa_init(), (address, 500))
        return knocker.recv(65536)
