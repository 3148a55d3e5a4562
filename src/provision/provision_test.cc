#include <gtest/gtest.h>

#include "config/proposal_grammar.h"
#include "config/proposal_keywords.h"
#include "pki/base64.h"
#include "provision/mobileconfig.h"
#include "provision/plist.h"
#include "provision/powershell.h"
#include "provision/sswan.h"
#include "provision/uuid.h"

namespace keypact::provision {
namespace {

/// As Python's documentation of its module uuid has it.
TEST(Uuid, OfANameIsThatOfOthers) { EXPECT_EQ(uuid_of("python.org"), "886313e1-3b8a-5372-9b90-0c9aee199e5d"); }

/// The vectors of RFC 4648.
TEST(Base64, IsThatOfTheRfc) {
  for (const auto& [plain, encoded] : {std::pair{"", ""}, std::pair{"f", "Zg=="}, std::pair{"fo", "Zm8="},
                                       std::pair{"foo", "Zm9v"}, std::pair{"foobar", "Zm9vYmFy"}})
    EXPECT_EQ(pki::base64_of(as_octets(plain)), encoded);
}

TEST(Plist, LeavesNoMarkupInTexts) {
  Plist plist;
  plist.begin_dictionary().key("a&b").string("<x> & \"y\"").end_dictionary();
  const auto text = std::move(plist).take();
  EXPECT_NE(text.find("<key>a&amp;b</key>\n  <string>&lt;x&gt; &amp; \"y\"</string>"), std::string::npos) << text;
}

/// What is written as a proposal is read as the same one.
TEST(Vocabulary, HasNothingThatSwanctlConfCannotSay) {
  for (const auto* client : {&apple(), &windows(), &strongswan_app()}) {
    const auto& words = client->vocabulary;
    for (const auto& offer : words.ike_offers()) {
      const auto read = config::parse_proposal(ProtocolId::IKE, config::proposal_text(offer));
      ASSERT_TRUE(read.has_value()) << to_string(offer);
      EXPECT_EQ(read->proposal, offer);
    }
    for (const auto& offer : words.esp_offers()) {
      const auto read = config::parse_proposal(ProtocolId::ESP, config::proposal_text(offer));
      ASSERT_TRUE(read.has_value()) << to_string(offer);
      EXPECT_EQ(read->proposal, offer);
    }
  }
}

TEST(Vocabulary, HasAWordForEachTransformOfItsOffers) {
  for (const auto* client : {&apple(), &windows()}) {
    const auto& words = client->vocabulary;
    for (const auto& offer : words.ike_offers()) {
      EXPECT_FALSE(cipher_word(words.ike_ciphers, offer).empty());
      EXPECT_FALSE(hash_word(words.ike_hashes, offer).empty());
      EXPECT_FALSE(group_word(words.groups, offer).empty());
    }
    for (const auto& offer : words.esp_offers()) {
      EXPECT_FALSE(cipher_word(words.esp_ciphers, offer).empty());
      EXPECT_EQ(hash_word(words.esp_hashes, offer).empty(), !offer.has_type(TransformType::INTEG));
      EXPECT_EQ(group_word(words.groups, offer).empty(), !offer.has_type(TransformType::KE));
    }
  }
}

}  // namespace
}  // namespace keypact::provision
