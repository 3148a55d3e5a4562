// Proposals: keywords, their grammar, the defaults. What strongSwan 5.9.8 makes of a text was asked of charon.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/default_proposals.h"
#include "config/proposal_grammar.h"
#include "config/proposal_keywords.h"

namespace keypact::config {
namespace {

std::string ike(std::string_view text) {
  const auto parsed = parse_proposal(ProtocolId::IKE, text);
  return parsed ? to_string(parsed->proposal) : "error: " + parsed.error().why;
}
std::string esp(std::string_view text) {
  const auto parsed = parse_proposal(ProtocolId::ESP, text);
  return parsed ? to_string(parsed->proposal) : "error: " + parsed.error().why;
}

TEST(ProposalGrammar, ReadsIkeProposalsAsStrongSwanDoes) {
  EXPECT_EQ(ike("aes256-sha256-modp2048"),
            "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_256 / AUTH_HMAC_SHA2_256_128 / MODP_2048");
  EXPECT_EQ(ike("aes256-sha256-prfsha384-modp2048"),
            "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_384 / AUTH_HMAC_SHA2_256_128 / MODP_2048");
  EXPECT_EQ(ike("aes256gcm16-sha512-x25519"), "IKE: ENCR_AES_GCM_16-256 / PRF_HMAC_SHA2_512 / CURVE25519");
  EXPECT_EQ(ike("aes256gcm16-prfsha256-sha512-x25519"), "IKE: ENCR_AES_GCM_16-256 / PRF_HMAC_SHA2_256 / CURVE25519");
  EXPECT_EQ(ike("aes256-sha256-modp2048-none"),
            "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_256 / AUTH_HMAC_SHA2_256_128 / MODP_2048");
  EXPECT_EQ(ike("aes256-aesxcbc-modp2048"), "IKE: ENCR_AES_CBC-256 / PRF_AES128_XCBC / AUTH_AES_XCBC_96 / MODP_2048");
  EXPECT_EQ(
      ike("aes128ctr-sha1_160-md5_128-ecp384bp"),
      "IKE: ENCR_AES_CTR-128 / PRF_HMAC_SHA1|PRF_HMAC_MD5 / AUTH_HMAC_SHA1_160|AUTH_HMAC_MD5_128 / BRAINPOOL_P384R1");
  EXPECT_EQ(ike("-aes256--sha256 - modp2048-aes256-"),
            "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_256 / AUTH_HMAC_SHA2_256_128 / MODP_2048");
  EXPECT_EQ(ike("chacha20poly1305-prfsha256-curve25519-ke1_mlkem768"),
            "IKE: ENCR_CHACHA20_POLY1305 / PRF_HMAC_SHA2_256 / CURVE25519 / ML_KEM_768");
  EXPECT_EQ(ike("aes256-sha256-modp2048-esn"),
            "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_256 / AUTH_HMAC_SHA2_256_128 / MODP_2048");
}

TEST(ProposalGrammar, RefusesIncompleteIkeProposals) {
  for (const char* wrong :
       {"aes256gcm16-x25519", "aes256-modp2048", "aes256-sha256", "sha256-modp2048", "aes256-sha256-none",
        "aes256-aes256gcm16-sha256-modp2048", "AES256-SHA256-MODP2048", "aes256-sha256-modp2048!", "default-aes128",
        "null-sha1-modp2048", "aes128gmac-prfsha256-x25519", "", "-", "aes256-sha256_96-modp2048",
        "aes256-sha256-ke8_modp2048", "aes256-sha256-ke1_sha1", "aes256-sha256-ke1_modp2048",
        "aes256-sha256-x25519-ke1_x25519", "foo"})
    EXPECT_FALSE(parse_proposal(ProtocolId::IKE, wrong)) << wrong;
}

TEST(ProposalGrammar, ReadsEspProposalsAsStrongSwanDoes) {
  EXPECT_EQ(esp("aes256-sha256"), "ESP: ENCR_AES_CBC-256 / AUTH_HMAC_SHA2_256_128 / SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("aes256gcm16-sha512"), "ESP: ENCR_AES_GCM_16-256 / SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("aes256gcm16-prfsha512"), "ESP: ENCR_AES_GCM_16-256 / SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("aes256gcm16-x25519-none"), "ESP: ENCR_AES_GCM_16-256 / CURVE25519|NONE / SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("aes256gcm16-esn-noesn"), "ESP: ENCR_AES_GCM_16-256 / PARTIALLY_TRANSMITTED_64_BIT|SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("null-sha1"), "ESP: ENCR_NULL / AUTH_HMAC_SHA1_96 / SEQUENTIAL_32_BIT");
  EXPECT_EQ(esp("aes128gmac"), "ESP: ENCR_NULL_AUTH_AES_GMAC-128 / SEQUENTIAL_32_BIT");
  // strongSwan offers these; RFC 8221 §4 forbids encryption without authentication.
  EXPECT_TRUE(esp("aes256").starts_with("error"));
  EXPECT_TRUE(esp("null").starts_with("error"));
}

TEST(ProposalGrammar, RemarksOnWhatIsOddOrWeak) {
  const auto remarks = [](ProtocolId protocol, std::string_view text) {
    return parse_proposal(protocol, text)->remarks.size();
  };
  EXPECT_EQ(remarks(ProtocolId::IKE, "aes256-sha256-ecp256"), 0u);
  EXPECT_EQ(remarks(ProtocolId::IKE, "aes256gcm16-sha256-ecp256"), 1u);
  EXPECT_EQ(remarks(ProtocolId::IKE, "3des-md5-modp1024"), 3u);
  EXPECT_EQ(remarks(ProtocolId::ESP, "aes256gcm16-sha256-prfsha256"), 2u);
}

TEST(ProposalKeywords, AllMakeATransform) {
  EXPECT_GE(proposal_keywords().size(), 130u);
  for (const auto word : proposal_keywords()) {
    const auto keyword = find_proposal_keyword(word);
    ASSERT_TRUE(keyword.has_value()) << word;
    EXPECT_EQ(to_string(keyword->transform).find('('), std::string::npos) << word;
  }
  EXPECT_EQ(find_proposal_keyword("ke7_x448")->transform.type, TransformType::ADDKE7);
  EXPECT_FALSE(find_proposal_keyword("ke0_x448"));
  EXPECT_TRUE(is_private_keyword("sha256_96"));
}

/// RFC 7296 §3.3.1, §3.3.2: what a proposal takes in an SA payload without SPI.
std::size_t encoded_octets(const std::vector<Proposal>& proposals) {
  std::size_t octets = 4;
  for (const auto& proposal : proposals) {
    octets += 8;
    for (const auto& transform : proposal.transforms) octets += transform.key_bits ? 12 : 8;
  }
  return octets;
}

TEST(DefaultProposals, KeepIkeSaInitBelow1200Octets) {
  // Header, KE of MODP-3072 (the largest that we offer), Nonce, two NAT_DETECTION, and room for other notifies.
  const std::size_t others = 28 + (8 + 384) + (4 + 32) + 2 * 28 + 100;
  EXPECT_LT(encoded_octets(default_ike_offer()) + others, 1200u);
}

TEST(DefaultProposals, OfferNothingWeakAndAcceptHmacSha1Last) {
  const auto has = [](const std::vector<Proposal>& proposals, const Transform& transform) {
    return std::ranges::any_of(
        proposals, [&](const auto& p) { return std::ranges::find(p.transforms, transform) != p.transforms.end(); });
  };
  EXPECT_FALSE(has(default_ike_offer(), prf(PrfId::PRF_HMAC_SHA1)));
  EXPECT_FALSE(has(default_esp_offer(), integrity(IntegrityId::AUTH_HMAC_SHA1_96)));
  // In proposals of its own: a peer may offer its proposal with SHA-1 before the better ones.
  for (const auto& list : {default_ike_acceptable(), default_esp_acceptable()}) {
    EXPECT_EQ(list.back().of_type(TransformType::INTEG).back(), integrity(IntegrityId::AUTH_HMAC_SHA1_96));
    EXPECT_FALSE(has({list[0], list[1]}, integrity(IntegrityId::AUTH_HMAC_SHA1_96)));
    EXPECT_FALSE(has({list[0], list[1]}, prf(PrfId::PRF_HMAC_SHA1)));
  }
  EXPECT_TRUE(has(default_ike_acceptable(), key_exchange(KeyExchangeMethod::ECP_521)));
  for (const auto& lists : {default_ike_acceptable(), default_esp_acceptable()}) {
    EXPECT_FALSE(has(lists, key_exchange(KeyExchangeMethod::MODP_1024)));
    EXPECT_FALSE(has(lists, encryption(EncryptionId::ENCR_3DES)));
  }
  for (const auto& proposal : default_ike_offer())
    EXPECT_EQ(proposal.of_type(TransformType::KE).front(), key_exchange(KeyExchangeMethod::CURVE25519));
  EXPECT_EQ(default_esp_offer()[0].of_type(TransformType::KE).back(), key_exchange(KeyExchangeMethod::NONE));
}

TEST(DefaultProposals, AreWhatTheirKeywordsSay) {
  const std::string methods = "x25519-ecp256-ecp384-modp3072-modp2048";
  const auto parsed = [](ProtocolId protocol, const std::string& text) {
    return parse_proposal(protocol, text)->proposal;
  };
  const auto aead = "aes256gcm16-aes128gcm16-chacha20poly1305-prfsha384-prfsha256-prfsha512-" + methods;
  EXPECT_EQ(default_ike_offer()[0], parsed(ProtocolId::IKE, aead + "-ke1_mlkem768"));
  EXPECT_EQ(default_ike_offer()[1], parsed(ProtocolId::IKE, aead));
  EXPECT_EQ(default_esp_offer()[1],
            parsed(ProtocolId::ESP, "aes256-aes128-sha256-sha384-sha512-" + methods + "-none-esn-noesn"));
}

TEST(RestrictTo, DropsTransformsAndProposalsThatCannotBeUsed) {
  const auto without = [](const Transform& missing) {
    return restrict_to(default_esp_offer(), [&](const Transform& transform) { return transform != missing; });
  };
  EXPECT_EQ(without(key_exchange(KeyExchangeMethod::CURVE25519))[0].of_type(TransformType::KE).size(), 5u);
  const auto no_gcm = restrict_to(default_esp_offer(), [](const Transform& transform) {
    return transform.type != TransformType::ENCR || !is_aead(static_cast<EncryptionId>(transform.id));
  });
  ASSERT_EQ(no_gcm.size(), 1u);
  EXPECT_TRUE(no_gcm[0].has_type(TransformType::INTEG));
  const auto nothing = restrict_to(default_esp_offer(), [](const Transform&) { return false; });
  EXPECT_TRUE(nothing.empty());
}

}  // namespace
}  // namespace keypact::config
