#!/usr/bin/env python3
"""Writes src/crypto/known_answers.h: the expected results of the start-up self test, from implementations that are not
OpenSSL: libgcrypt for the ciphers, Python's integers for Diffie-Hellman, its hashlib for ML-KEM. The primes of the MODP
groups come from their formula in RFC 2409 and RFC 3526. usage: make_known_answers.py | clang-format > src/crypto/known_answers.h
"""
import ctypes
import hashlib
import hmac

import ml_kem


def pattern(first, count):
    return bytes((first + i) & 0xFF for i in range(count))


# --- ciphers, with libgcrypt ---------------------------------------------------------------------------------------
gcrypt = ctypes.CDLL("libgcrypt.so.20")
gcrypt.gcry_check_version(None)
AES = {16: 7, 24: 8, 32: 9}
CAMELLIA = {16: 310, 24: 311, 32: 312}
CBC, CTR, CCM, GCM, POLY1305 = 3, 6, 8, 9, 10
SET_CCM_LENGTHS = 69
TEXT = pattern(0, 64)
HEADER = pattern(0xA0, 12)


def run(algorithm, mode, key, iv, tag_octets=0):
    """Ciphertext and tag of TEXT (and HEADER, for an AEAD)."""
    handle = ctypes.c_void_p()

    def call(name, *arguments):
        error = getattr(gcrypt, name)(handle, *arguments)
        assert error == 0, (name, error)

    assert gcrypt.gcry_cipher_open(ctypes.byref(handle), algorithm, mode, 0) == 0
    call("gcry_cipher_setkey", key, ctypes.c_size_t(len(key)))
    if mode == CTR:
        call("gcry_cipher_setctr", iv, ctypes.c_size_t(len(iv)))
    else:
        call("gcry_cipher_setiv", iv, ctypes.c_size_t(len(iv)))
    if mode == CCM:
        lengths = (ctypes.c_uint64 * 3)(len(TEXT), len(HEADER), tag_octets)
        call("gcry_cipher_ctl", SET_CCM_LENGTHS, lengths, ctypes.c_size_t(24))
    if tag_octets:
        call("gcry_cipher_authenticate", HEADER, ctypes.c_size_t(len(HEADER)))
    out = ctypes.create_string_buffer(len(TEXT))
    call("gcry_cipher_encrypt", out, ctypes.c_size_t(len(TEXT)), TEXT, ctypes.c_size_t(len(TEXT)))
    tag = ctypes.create_string_buffer(max(tag_octets, 1))
    if tag_octets:
        call("gcry_cipher_gettag", tag, ctypes.c_size_t(tag_octets))
    gcrypt.gcry_cipher_close(handle)
    return out.raw, tag.raw[:tag_octets]


def gmac(key, nonce, iv):
    handle = ctypes.c_void_p()
    data = HEADER + iv + TEXT
    assert gcrypt.gcry_cipher_open(ctypes.byref(handle), AES[len(key)], GCM, 0) == 0
    gcrypt.gcry_cipher_setkey(handle, key, ctypes.c_size_t(len(key)))
    gcrypt.gcry_cipher_setiv(handle, nonce, ctypes.c_size_t(len(nonce)))
    gcrypt.gcry_cipher_authenticate(handle, data, ctypes.c_size_t(len(data)))
    tag = ctypes.create_string_buffer(16)
    assert gcrypt.gcry_cipher_gettag(handle, tag, ctypes.c_size_t(16)) == 0
    return tag.raw


def cipher_answers():
    rows = []

    def row(name, bits, text, tag):
        rows.append((name, bits, text[-16:].hex(), tag.hex()))

    for octets in (16, 24, 32):
        bits = 8 * octets
        key = pattern(1, octets)

        def nonce(salt, iv):
            return pattern(1 + octets, salt) + pattern(0xC0, iv)

        row("ENCR_AES_CBC", bits, run(AES[octets], CBC, key, pattern(0xC0, 16))[0], b"")
        row("ENCR_CAMELLIA_CBC", bits, run(CAMELLIA[octets], CBC, key, pattern(0xC0, 16))[0], b"")
        row("ENCR_AES_CTR", bits, run(AES[octets], CTR, key, nonce(4, 8) + bytes([0, 0, 0, 1]))[0], b"")
        text, tag = run(AES[octets], GCM, key, nonce(4, 8), 16)
        for icv in (8, 12, 16):
            row(f"ENCR_AES_GCM_{icv}", bits, text, tag[:icv])
            row(f"ENCR_AES_CCM_{icv}", bits, *run(AES[octets], CCM, key, nonce(3, 8), icv))
        row("ENCR_NULL_AUTH_AES_GMAC", bits, TEXT, gmac(key, nonce(4, 8), pattern(0xC0, 8)))
    row("ENCR_CHACHA20_POLY1305", 0, *run(316, POLY1305, pattern(1, 32), pattern(33, 4) + pattern(0xC0, 8), 16))
    row("ENCR_3DES", 0, run(2, CBC, pattern(1, 24), pattern(0xC0, 8))[0], b"")
    row("ENCR_NULL", 0, TEXT, b"")
    return rows


# --- MACs ----------------------------------------------------------------------------------------------------------
def aes_block(key, block):
    handle = ctypes.c_void_p()
    gcrypt.gcry_cipher_open(ctypes.byref(handle), AES[16], 1, 0)
    gcrypt.gcry_cipher_setkey(handle, key, ctypes.c_size_t(16))
    out = ctypes.create_string_buffer(16)
    gcrypt.gcry_cipher_encrypt(handle, out, ctypes.c_size_t(16), block, ctypes.c_size_t(16))
    gcrypt.gcry_cipher_close(handle)
    return out.raw


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def chained_mac(message, key, complete, padded):
    blocks = [message[i:i + 16] for i in range(0, len(message), 16)] or [b""]
    last = blocks.pop()
    state = bytes(16)
    for block in blocks:
        state = aes_block(key, xor(state, block))
    if len(last) == 16:
        return aes_block(key, xor(state, xor(last, complete)))
    return aes_block(key, xor(state, xor((last + b"\x80").ljust(16, b"\0"), padded)))


def xcbc(key, message):
    keys = [aes_block(key, bytes([n]) * 16) for n in (1, 2, 3)]
    return chained_mac(message, *keys)


def cmac(key, message):
    def double(block):
        number = int.from_bytes(block, "big") << 1
        return (number & (2**128 - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")
    complete = double(aes_block(key, bytes(16)))
    return chained_mac(message, key, complete, double(complete))


def mac_answers():
    message = pattern(0, 100)
    rows = []
    for name, digest in (("MD5", "md5"), ("SHA1", "sha1"), ("SHA2_256", "sha256"), ("SHA2_384", "sha384"), ("SHA2_512", "sha512")):
        octets = hashlib.new(digest).digest_size
        rows.append((f"PRF_HMAC_{name}", hmac.new(pattern(1, octets), message, digest).hexdigest()))
    rows.append(("PRF_AES128_XCBC", xcbc(pattern(1, 16), message).hex()))
    rows.append(("PRF_AES128_CMAC", cmac(pattern(1, 16), message).hex()))
    return rows


# --- key exchange ---------------------------------------------------------------------------------------------------
def pi_times_power_of_two(bits):
    """floor(2^bits * pi), by Machin's formula."""
    guard = 64
    one = 1 << (bits + guard)

    def arctan_inverse(x):
        total = term = one // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> guard


MODP = {1024: (129093, 32), 1536: (741804, 32), 2048: (124476, 32), 3072: (1690314, 40), 4096: (240904, 48),
        6144: (929484, 56), 8192: (4743158, 64)}


def modp_prime(bits):
    return 2**bits - 2**(bits - 64) - 1 + 2**64 * (pi_times_power_of_two(bits - 130) + MODP[bits][0])


CURVES = {   # p, a, b, order, generator, as FIPS 186-4 and RFC 5639 give them
    "ECP_192": ("fffffffffffffffffffffffffffffffeffffffffffffffff", "fffffffffffffffffffffffffffffffefffffffffffffffc",
                "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1", "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
                "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012", "07192b95ffc8da78631011ed6b24cdd573f977a11e794811"),
    "ECP_224": ("ffffffffffffffffffffffffffffffff000000000000000000000001", "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
                "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4", "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
                "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21", "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34"),
}


def openssl_curve(name):
    """The parameters of a curve by name, read from `openssl ecparam`: they are data, the arithmetic below is ours."""
    import re
    import subprocess
    text = subprocess.run(["openssl", "ecparam", "-name", name, "-param_enc", "explicit", "-text", "-noout"],
                          capture_output=True, text=True, check=True).stdout

    def field(label):
        found = re.search(rf"{label}[^:]*:\s*\n?((?:\s+[0-9a-f:]+\n)+)", text)
        return re.sub(r"[\s:]", "", found.group(1))
    generator = field(r"Generator \(uncompressed\)")[2:]
    half = len(generator) // 2
    return tuple(field(label) for label in ("Prime", "A", "B", "Order")) + (generator[:half], generator[half:])


class Curve:
    def __init__(self, parameters):
        self.p, self.a, self.b, self.n, x, y = (int(value, 16) for value in parameters)
        self.g = (x, y)
        assert (y * y - x**3 - self.a * x - self.b) % self.p == 0

    def add(self, q, r):
        if q is None or r is None:
            return q or r
        if q[0] == r[0]:
            if (q[1] + r[1]) % self.p == 0:
                return None
            slope = (3 * q[0] * q[0] + self.a) * pow(2 * q[1], -1, self.p)
        else:
            slope = (r[1] - q[1]) * pow(r[0] - q[0], -1, self.p)
        x = (slope * slope - q[0] - r[0]) % self.p
        return x, (slope * (q[0] - x) - q[1]) % self.p

    def multiply(self, k, q):
        result = None
        while k:
            if k & 1:
                result = self.add(result, q)
            q = self.add(q, q)
            k >>= 1
        return result


def montgomery(p, a24, bits, k, u):
    """The function of RFC 7748 section 5."""
    x1, x2, z2, x3, z3 = u, 1, 0, u, 1
    for t in reversed(range(bits)):
        swap = k >> t & 1
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb)**2 % p, x1 * (da - cb)**2 % p
        x2, z2 = aa * bb % p, e * (aa + a24 * e) % p
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
    return x2 * pow(z2, -1, p) % p


def key_exchange_answers():
    """The first 16 octets of SHA-256 of the public value, and of the secret that is shared with that value itself."""
    rows = []

    def row(name, public, shared):
        rows.append((name, hashlib.sha256(public).hexdigest()[:32], hashlib.sha256(shared).hexdigest()[:32]))

    for bits, (_, octets) in MODP.items():
        p = modp_prime(bits)
        x = int.from_bytes(pattern(1, octets), "big") | 1 << (8 * octets - 1)
        public = pow(2, x, p)
        row(f"MODP_{bits}", public.to_bytes(bits // 8, "big"), pow(public, x, p).to_bytes(bits // 8, "big"))
    names = {"ECP_192": "prime192v1", "ECP_224": "secp224r1", "ECP_256": "prime256v1", "ECP_384": "secp384r1",
             "ECP_521": "secp521r1", "BRAINPOOL_P224R1": "brainpoolP224r1", "BRAINPOOL_P256R1": "brainpoolP256r1",
             "BRAINPOOL_P384R1": "brainpoolP384r1", "BRAINPOOL_P512R1": "brainpoolP512r1"}
    for name, openssl in names.items():
        parameters = openssl_curve(openssl)
        if name in CURVES:
            assert [int(v, 16) for v in parameters] == [int(v, 16) for v in CURVES[name]]
        curve = Curve(parameters)
        octets = (curve.p.bit_length() + 7) // 8
        k = int.from_bytes(pattern(1, octets + 8), "big") % (curve.n - 1) + 1
        x, y = curve.multiply(k, curve.g)
        shared = curve.multiply(k, (x, y))[0]
        row(name, x.to_bytes(octets, "big") + y.to_bytes(octets, "big"), shared.to_bytes(octets, "big"))
    k = int.from_bytes(pattern(1, 32), "little") & ~7 & ~(1 << 255) | 1 << 254
    public = montgomery(2**255 - 19, 121665, 255, k, 9)
    row("CURVE25519", public.to_bytes(32, "little"), montgomery(2**255 - 19, 121665, 255, k, public).to_bytes(32, "little"))
    p448 = 2**448 - 2**224 - 1
    k = int.from_bytes(pattern(1, 56), "little") & ~3 | 1 << 447
    public = montgomery(p448, 39081, 448, k, 5)
    row("CURVE448", public.to_bytes(56, "little"), montgomery(p448, 39081, 448, k, public).to_bytes(56, "little"))
    for size in (512, 768, 1024):
        encapsulation_key, _ = ml_kem.generate(size, pattern(1, 32), pattern(33, 32))
        shared, ciphertext = ml_kem.encapsulate(size, encapsulation_key, pattern(1, 32))
        row(f"ML_KEM_{size}", encapsulation_key + ciphertext, shared)
    return rows


def main():
    print("""// Written by tests/data/crypto/make_known_answers.py: results of other implementations for the inputs of known_answer_check.cc.
#pragma once

#include <string_view>

#include "proto/transform_registries.h"

namespace keypact::crypto {

struct PrfAnswer {
  PrfId id;
  std::string_view output;
};
struct CipherAnswer {
  EncryptionId id;
  std::uint16_t key_bits;
  std::string_view text;  ///< the last 16 octets
  std::string_view icv;   ///< empty unless AEAD
};
/// SHA-256, the first 16 octets: of the public value (for a KEM: of both), and of the shared secret.
struct KeyExchangeAnswer {
  KeyExchangeMethod method;
  std::string_view public_value;
  std::string_view shared;
};

inline constexpr PrfAnswer kPrfAnswers[] = {""")
    for name, output in mac_answers():
        if len(output) <= 64:
            print(f'    {{PrfId::{name}, "{output}"}},')
        else:
            half = len(output) // 2
            print(f'    {{PrfId::{name},\n     "{output[:half]}"\n     "{output[half:]}"}},')
    print("};\n\ninline constexpr CipherAnswer kCipherAnswers[] = {")
    for name, bits, text, icv in sorted(cipher_answers()):
        print(f'    {{EncryptionId::{name}, {bits}, "{text}", "{icv}"}},')
    print("};\n\ninline constexpr KeyExchangeAnswer kKeyExchangeAnswers[] = {")
    for name, public, shared in key_exchange_answers():
        print(f'    {{KeyExchangeMethod::{name}, "{public}", "{shared}"}},')
    print("};\n\n}  // namespace keypact::crypto")


if __name__ == "__main__":
    main()
