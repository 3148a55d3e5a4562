#include "diagnose/verdict.h"

#include <gtest/gtest.h>

namespace keypact::diagnose {
namespace {

ike::Refusal refusal(ike::RefusalCode code, bool by_peer) {
  ike::Refusal made;
  made.code = code;
  made.by_peer = by_peer;
  return made;
}

TEST(Verdict, TellsTheSixFailuresThatOperatorsMeetMost) {
  using enum ike::RefusalCode;
  for (const auto code : {no_answer, no_proposal_chosen, key_exchange_method, authentication_failed,
                          selectors_unacceptable, unknown_identity}) {
    for (const bool by_peer : {false, true}) {
      const auto verdict = verdict_of(refusal(code, by_peer), "office");
      EXPECT_EQ(verdict.code, ike::to_string(code));
      EXPECT_FALSE(verdict.what.empty());
      EXPECT_FALSE(verdict.remedy.empty());
      EXPECT_TRUE(verdict.rule.starts_with("RFC "));
      EXPECT_EQ(verdict.what.find("{c}"), std::string::npos);
      EXPECT_EQ(verdict.remedy.find("{c}"), std::string::npos);
    }
  }
}

TEST(Verdict, SaysWhoRefusedAndWithWhichNotify) {
  auto facts = refusal(ike::RefusalCode::no_proposal_chosen, true);
  facts.exchange = ExchangeType::IKE_SA_INIT;
  facts.notify = NotifyType::NO_PROPOSAL_CHOSEN;
  facts.ours = {"IKE: ENCR_AES_GCM_16-256"};
  const auto verdict = verdict_of(facts, "office");
  EXPECT_EQ(verdict.what, "the peer accepts none of the proposals of connection office (NO_PROPOSAL_CHOSEN)");
  EXPECT_EQ(verdict.phase, "IKE_SA_INIT");
  EXPECT_EQ(verdict.rule, "RFC 7296 §2.7");
  EXPECT_EQ(verdict.side, "either configuration");
  EXPECT_EQ(verdict.ours, facts.ours);
  EXPECT_TRUE(verdict.theirs.empty());
}

TEST(Verdict, KnowsEveryCode) {
  for (int code = 0; code <= static_cast<int>(ike::RefusalCode::certificate_refused); ++code) {
    const auto verdict = verdict_of(refusal(static_cast<ike::RefusalCode>(code), false), "");
    EXPECT_EQ(verdict.code, ike::to_string(static_cast<ike::RefusalCode>(code)));
    EXPECT_FALSE(verdict.what.empty());
  }
}

TEST(Verdict, SaysWhatIsWeakInAnOfferOfNobodyThatIsKnown) {
  auto facts = refusal(ike::RefusalCode::no_proposal_chosen, false);
  const auto method = [](KeyExchangeMethod id) {
    return Transform{TransformType::KE, static_cast<std::uint16_t>(id), std::nullopt};
  };
  facts.offered = {{ProtocolId::IKE, {method(KeyExchangeMethod::MODP_1536)}}};
  const auto verdict = verdict_of(facts, "office");
  EXPECT_TRUE(verdict.what.ends_with("all key exchange methods that it offers are weak (RFC 8247 §2.4)"));
  EXPECT_TRUE(verdict.remedy.starts_with("add one at the peer: MODP_2048 (group 14)"));
  EXPECT_NE(verdict.remedy.find("`proposals` of connection office"), std::string::npos);
  // One good method, and something else is the matter.
  facts.offered.front().transforms.push_back(method(KeyExchangeMethod::ECP_256));
  EXPECT_EQ(verdict_of(facts, "office").what, "none of the peer's proposals is acceptable to connection office");
}

}  // namespace
}  // namespace keypact::diagnose
