#include "daemon/supported.h"

#include <gtest/gtest.h>

#include "config/default_proposals.h"

namespace keypact::daemon {
namespace {

std::shared_ptr<config::Snapshot> with_esp(std::vector<Proposal> proposals) {
  auto connection = std::make_shared<config::Connection>();
  connection->name = "gw";
  connection->ike_proposals = config::default_ike_offer();
  config::ChildConfig child;
  child.name = "net";
  child.esp_proposals = std::move(proposals);
  connection->children.push_back(std::move(child));
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->connections.push_back(std::move(connection));
  return snapshot;
}

Proposal esp(std::vector<Transform> transforms) { return {ProtocolId::ESP, std::move(transforms)}; }

TEST(Supported, WhatCannotBeComputedIsLeftOutAndSaid) {
  const crypto::Library library;
  const auto sha = integrity(IntegrityId::AUTH_HMAC_SHA2_256_128);
  const auto cast = encryption(EncryptionId::ENCR_CAST, 128);
  const auto camellia = encryption(EncryptionId::ENCR_CAMELLIA_CBC, 256);
  const auto some = with_esp({esp({cast, camellia, sha}), esp({cast, sha})});
  EXPECT_EQ(left_out(*some, library),
            std::vector<std::string>{"connections.gw.children.net.esp_proposals: this version cannot compute "
                                     "ENCR_CAST-128, which is neither offered nor taken"});
  EXPECT_EQ(supported_only(*some, library)->connections[0]->children[0].esp_proposals,
            std::vector<Proposal>{esp({camellia, sha})});
  const auto none = left_out(*with_esp({esp({cast, sha})}), library);
  ASSERT_EQ(none.size(), 1u);
  EXPECT_TRUE(none[0].ends_with("; no proposal is left"));
}

TEST(Supported, WhatIsNamedIsMissedThoughItIsAmongTheDefaults) {
  const crypto::Library library;
  const Transform ml_kem{TransformType::ADDKE1, static_cast<std::uint16_t>(KeyExchangeMethod::ML_KEM_768),
                         std::nullopt};
  if (library.supports(ml_kem)) GTEST_SKIP() << "this OpenSSL has ML-KEM";
  auto proposal = config::default_esp_offer().front();
  proposal.transforms.push_back(ml_kem);
  const auto said = left_out(*with_esp({proposal}), library);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("cannot compute ML_KEM_768"), std::string::npos) << said[0];
}

TEST(Supported, OfDefaultsNothingIsSaid) {
  const crypto::Library library;
  EXPECT_TRUE(left_out(*with_esp(config::default_esp_offer()), library).empty());
}

}  // namespace
}  // namespace keypact::daemon
