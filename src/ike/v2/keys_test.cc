#include "ike/v2/keys.h"

#include <gtest/gtest.h>

namespace keypact::ike::v2 {
namespace {

const Octets kNi(32, 1);
const Octets kNr(32, 2);
const Octets kFirst(32, 3);
const Octets kAdditional(96, 4);

class Keys : public ::testing::Test {
 protected:
  static Octets first_octets(const Secret& of, std::size_t count) { return to_octets(of.reveal().first(count)); }
  crypto::Library library;
  SkD d{Secret::copy_of(Octets(32, 5))};
};

/// RFC 9370 §2.2.4: KEYMAT = prf+ (SK_d, SK(0) | Ni | Nr | SK(1) | ... SK(n)).
TEST_F(Keys, OfAChildSaHaveTheAdditionalSecretsBehindTheNonces) {
  PacketAlgorithms algorithms;
  algorithms.encryption = EncryptionId::ENCR_AES_GCM_16;
  algorithms.key_bits = 256;
  const auto prf = PrfId::PRF_HMAC_SHA2_256;
  const auto keys = derive_child_keys(library, prf, d, algorithms, {kNi, kNr}, {kFirst, kAdditional});
  const auto material = crypto::prf_plus(library, prf, d.reveal(), {kFirst, kNi, kNr, kAdditional}, 36);
  EXPECT_TRUE(secret_equal(keys.initiator.encryption.reveal(), material.reveal()));
  const auto without = derive_child_keys(library, prf, d, algorithms, {kNi, kNr}, {kFirst});
  EXPECT_FALSE(secret_equal(without.initiator.encryption.reveal(), material.reveal()));
}

/// RFC 9370 §2.2.4: SKEYSEED = prf(SK_d, SK(0) | Ni | Nr | SK(1) | ... SK(n)).
TEST_F(Keys, OfARekeyedIkeSaHaveTheAdditionalSecretsBehindTheNonces) {
  const Proposal chosen{ProtocolId::IKE,
                        {encryption(EncryptionId::ENCR_AES_GCM_16, 256), ::keypact::prf(PrfId::PRF_HMAC_SHA2_256)}};
  const auto keys = derive_rekeyed_ike_keys(library, PrfId::PRF_HMAC_SHA2_384, d, chosen, {kNi, kNr},
                                            {kFirst, kAdditional}, {1}, {2});
  const auto seed = crypto::prf(library, PrfId::PRF_HMAC_SHA2_384, d.reveal(), {kFirst, kNi, kNr, kAdditional});
  const Octets spis = {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2};
  const auto material = crypto::prf_plus(library, PrfId::PRF_HMAC_SHA2_256, seed.reveal(), {kNi, kNr, spis}, 32);
  EXPECT_TRUE(secret_equal(keys.d.reveal(), material.reveal()));
}

}  // namespace
}  // namespace keypact::ike::v2
