"""ML-KEM of FIPS 203, written for clarity from the standard's algorithms: an implementation to compare with."""
import hashlib

Q = 3329
N = 256
PARAMETERS = {512: (2, 3, 10, 4), 768: (3, 2, 10, 4), 1024: (4, 2, 11, 5)}   # k, eta1, du, dv; eta2 is 2


def reverse7(i):
    return int(f"{i:07b}"[::-1], 2)


ZETA = [pow(17, reverse7(i), Q) for i in range(128)]
GAMMA = [pow(17, 2 * reverse7(i) + 1, Q) for i in range(128)]


def to_bits(octets):
    return [octet >> i & 1 for octet in octets for i in range(8)]


def from_bits(bits):
    return bytes(sum(bit << i for i, bit in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8))


def encode(d, f):
    return from_bits([c >> i & 1 for c in f for i in range(d)])


def decode(d, octets):
    bits = to_bits(octets)
    f = [sum(bits[i * d + j] << j for j in range(d)) for i in range(N)]
    return [c % Q for c in f] if d == 12 else f


def compress(d, f):
    return [((c << d) + Q // 2) // Q % (1 << d) for c in f]


def decompress(d, f):
    return [(c * Q + (1 << (d - 1))) >> d for c in f]


def sample_ntt(seed):
    stream = hashlib.shake_128(seed).digest(3 * 1024)
    f = []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at:at + 3]
        for d in (a + 256 * (b % 16), b // 16 + 16 * c):
            if d < Q and len(f) < N:
                f.append(d)
    return f


def sample_cbd(eta, key, nonce):
    bits = to_bits(hashlib.shake_256(key + bytes([nonce])).digest(64 * eta))
    return [(sum(bits[2 * i * eta:2 * i * eta + eta]) - sum(bits[2 * i * eta + eta:2 * i * eta + 2 * eta])) % Q
            for i in range(N)]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = ZETA[i] * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
            i += 1
        length //= 2
    return f


def inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = f[j]
                f[j], f[j + length] = (t + f[j + length]) % Q, ZETA[i] * (f[j + length] - t) % Q
            i -= 1
        length *= 2
    return [c * 3303 % Q for c in f]


def multiply(f, g):
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * GAMMA[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def add(*polynomials):
    return [sum(c) % Q for c in zip(*polynomials)]


def matrix(rho, k):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(k)] for i in range(k)]


def dot(row, vector):
    return add(*(multiply(a, b) for a, b in zip(row, vector)))


def generate(size, d, z):
    """The encapsulation and the decapsulation key."""
    k, eta1, _, _ = PARAMETERS[size]
    g = hashlib.sha3_512(d + bytes([k])).digest()
    rho, sigma = g[:32], g[32:]
    s = [ntt(sample_cbd(eta1, sigma, i)) for i in range(k)]
    e = [ntt(sample_cbd(eta1, sigma, k + i)) for i in range(k)]
    t = [add(dot(row, s), e[i]) for i, row in enumerate(matrix(rho, k))]
    encapsulation = b"".join(encode(12, f) for f in t) + rho
    secret = b"".join(encode(12, f) for f in s)
    return encapsulation, secret + encapsulation + hashlib.sha3_256(encapsulation).digest() + z


def encrypt(size, key, message, randomness):
    k, eta1, du, dv = PARAMETERS[size]
    t = [decode(12, key[384 * i:384 * (i + 1)]) for i in range(k)]
    a = matrix(key[384 * k:], k)
    y = [ntt(sample_cbd(eta1, randomness, i)) for i in range(k)]
    e1 = [sample_cbd(2, randomness, k + i) for i in range(k)]
    e2 = sample_cbd(2, randomness, 2 * k)
    u = [add(inverse_ntt(dot([a[j][i] for j in range(k)], y)), e1[i]) for i in range(k)]
    v = add(inverse_ntt(dot(t, y)), e2, decompress(1, decode(1, message)))
    return b"".join(encode(du, compress(du, f)) for f in u) + encode(dv, compress(dv, v))


def encapsulate(size, key, message):
    """The shared secret and the ciphertext."""
    g = hashlib.sha3_512(message + hashlib.sha3_256(key).digest()).digest()
    return g[:32], encrypt(size, key, message, g[32:])
