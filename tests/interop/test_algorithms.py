"""One tunnel for each combination of algorithms, named in both configurations; both ends must report the same choice."""
from case import PairCase
from kernel_esp import algorithms

# name: (IKE proposal, ESP proposal) in strongSwan's keywords. Together they use every algorithm that both ends have.
COMBINATIONS = {
    "aes_cbc_sha256_modp2048": ("aes128-sha256-modp2048", "aes128-sha256"),
    "aes_cbc_sha384_ecp384": ("aes256-sha384-ecp384", "aes256-sha384"),
    "aes_cbc_sha512_ecp521": ("aes192-sha512-ecp521", "aes192-sha512"),
    "aes_cbc_sha1_modp3072": ("aes128-sha1-modp3072", "aes128-sha1"),
    "aes_cbc_prf_differs_from_integrity": ("aes256-sha256-prfsha512-ecp256", "aes256-sha256"),
    "aes_gcm_256_x25519": ("aes256gcm16-prfsha384-x25519", "aes256gcm16"),
    "aes_gcm_128_ecp256": ("aes128gcm16-prfsha256-ecp256", "aes128gcm16"),
    "aes_gcm_short_icv": ("aes256gcm12-prfsha512-ecp384", "aes128gcm8"),
    "aes_gcm_192_short_icv": ("aes192gcm8-prfsha256-modp2048", "aes192gcm12"),
    "chacha20_poly1305_x25519": ("chacha20poly1305-prfsha256-x25519", "chacha20poly1305"),
    "aes_ccm_128_ecp256": ("aes128ccm16-prfsha256-ecp256", "aes128ccm16"),
    "aes_ccm_256_short_icv": ("aes256ccm8-prfsha384-modp3072", "aes256ccm12"),
    "aes_ctr_sha512_modp4096": ("aes256ctr-sha512-modp4096", "aes128ctr-sha256"),
    "aes_xcbc": ("aes128-aesxcbc-prfaesxcbc-modp2048", "aes128-aesxcbc"),
    "aes_cmac": ("aes128-aescmac-prfaescmac-ecp256", "aes128-aescmac"),
    "brainpool256": ("aes128gcm16-prfsha256-ecp256bp", "aes128gcm16"),
    "brainpool384": ("aes256-sha384-ecp384bp", "aes256-sha256"),
    "brainpool512": ("aes256gcm16-prfsha512-ecp512bp", "aes256gcm16"),
    "x448": ("aes256gcm16-prfsha512-x448", "chacha20poly1305"),
    "modp6144": ("aes256-sha256-modp6144", "aes256ctr-sha512"),
    "triple_des_sha1_modp1024": ("3des-sha1-modp1024", "3des-sha1"),
    "camellia": ("camellia256-sha256-modp2048", "camellia256-sha256"),
    "camellia_short": ("camellia128-sha384-ecp256", "camellia192-sha512"),
    "esp_gmac_256": ("aes256-sha256-x25519", "aes256gmac"),
    "esp_gmac_128": ("aes128-sha256-x25519", "aes128gmac"),
    "esp_null_sha256": ("aes128-sha256-x25519", "null-sha256"),
}

IKE_KEYS = ("encr-alg", "encr-keysize", "integ-alg", "prf-alg", "dh-group")
CHILD_KEYS = ("protocol", "encr-alg", "encr-keysize", "integ-alg")


class Algorithms(PairCase):

    def carry(self, ike, esp):
        if "gmac" in esp:
            for daemon in (self.initiator, self.responder):
                self.skip_if_unable(daemon, "GMAC")
        self.configure(ike=ike, esp=esp)
        self.bring_up()
        (ours,), (theirs,) = self.initiator.sas(), self.responder.sas()
        self.expect_same(ours, theirs, *IKE_KEYS)
        for key in CHILD_KEYS:
            self.assertEqual(ours["children"][0].get(key), theirs["children"][0].get(key), f"Child SA: {key}")
        if self.initiator.needs_kernel_esp and self.responder.needs_kernel_esp:
            self.assertEqual(*map(algorithms, (self.left, self.right)))
        self.expect_data(size=50_000)
        self.expect_counted()
        self.assertTrue(self.initiator.down().ok)
        self.expect_gone()


def _add(name, proposals):
    setattr(Algorithms, f"test_{name}", lambda self: self.carry(*proposals))


for _name, _proposals in COMBINATIONS.items():
    _add(_name, _proposals)
