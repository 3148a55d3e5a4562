#include "ike/v2/contracts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keypact::ike::v2 {
namespace {

using wire::Payload;

std::vector<Payload> sa_init() { return {wire::SaPayload{}, wire::KePayload{}, wire::NoncePayload{}}; }
std::vector<Payload> auth_request() {
  return {wire::IdPayload{PayloadType::IDi, {}},
          wire::IdPayload{PayloadType::IDr, {}},
          wire::AuthPayload{},
          wire::SaPayload{},
          wire::TsPayload{PayloadType::TSi, {}},
          wire::TsPayload{PayloadType::TSr, {}}};
}
std::vector<Payload> auth_response() {
  return {wire::IdPayload{PayloadType::IDr, {}}, wire::AuthPayload{}, wire::SaPayload{},
          wire::TsPayload{PayloadType::TSi, {}}, wire::TsPayload{PayloadType::TSr, {}}};
}
std::vector<Payload> create_child() {
  return {wire::SaPayload{}, wire::NoncePayload{}, wire::KePayload{}, wire::TsPayload{PayloadType::TSi, {}},
          wire::TsPayload{PayloadType::TSr, {}}};
}

struct Kind {
  const char* name;
  ExchangeType exchange;
  bool response;
  std::vector<Payload> payloads;
  std::vector<PayloadType> optional;
  std::vector<PayloadType> together = {};  ///< optional, but only all of them
};
std::vector<Kind> kinds() {
  using enum PayloadType;
  return {{"IKE_SA_INIT request", ExchangeType::IKE_SA_INIT, false, sa_init(), {}},
          {"IKE_SA_INIT response", ExchangeType::IKE_SA_INIT, true, sa_init(), {}},
          {"IKE_AUTH request", ExchangeType::IKE_AUTH, false, auth_request(), {IDr, AUTH}, {SA, TSi, TSr}},
          {"IKE_AUTH response", ExchangeType::IKE_AUTH, true, auth_response(), {SA, TSi, TSr}}};
}

bool contains(const std::vector<PayloadType>& types, PayloadType type) {
  return std::ranges::find(types, type) != types.end();
}

std::optional<ContractViolation> check(ExchangeType exchange, bool response, const std::vector<Payload>& payloads) {
  const PayloadSet set(payloads);
  return check_contract(*contract_of(exchange, response, set), set);
}

TEST(Contracts, A05_EverySubsetThatLacksARequiredPayloadIsRefused) {
  for (const auto& kind : kinds()) {
    const auto count = kind.payloads.size();
    for (unsigned subset = 0; subset < (1u << count); ++subset) {
      std::vector<Payload> kept;
      bool complete = true;
      std::size_t left_out_together = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto type = wire::type_of(kind.payloads[i]);
        if ((subset >> i & 1) != 0) kept.push_back(kind.payloads[i]);
        else if (contains(kind.together, type)) ++left_out_together;
        else if (!contains(kind.optional, type)) complete = false;
      }
      // RFC 6023 §5: an IKE SA without a Child SA.
      if (left_out_together != 0 && left_out_together != kind.together.size()) complete = false;
      EXPECT_EQ(!check(kind.exchange, kind.response, kept).has_value(), complete) << kind.name << ", subset " << subset;
    }
  }
}

TEST(Contracts, A05_ASecondCopyOfASinglePayloadIsRefused) {
  for (const auto& kind : kinds()) {
    for (const auto& payload : kind.payloads) {
      auto doubled = kind.payloads;
      doubled.push_back(payload);
      const auto violation = check(kind.exchange, kind.response, doubled);
      ASSERT_TRUE(violation.has_value()) << kind.name;
      EXPECT_EQ(violation->what, ContractViolation::What::duplicate);
    }
  }
}

TEST(Contracts, A05_TheOrderOfPayloadsDoesNotMatter) {
  for (const auto& kind : kinds()) {
    auto payloads = kind.payloads;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      std::ranges::rotate(payloads, payloads.begin() + 1);
      EXPECT_FALSE(check(kind.exchange, kind.response, payloads).has_value()) << kind.name;
    }
  }
}

TEST(Contracts, A09_APayloadOfAnotherExchangeIsRefused) {
  auto payloads = sa_init();
  payloads.emplace_back(wire::TsPayload{PayloadType::TSi, {}});
  EXPECT_EQ(check(ExchangeType::IKE_SA_INIT, false, payloads)->to_string(),
            "TSi does not belong into this message (RFC 7296 §1.2)");
  EXPECT_TRUE(check(ExchangeType::INFORMATIONAL, false, {wire::SaPayload{}}).has_value());
}

TEST(Contracts, UnknownPayloadsNotifiesAndVendorIdsAreAlwaysAllowed) {
  for (const auto& kind : kinds()) {
    auto payloads = kind.payloads;
    payloads.emplace_back(wire::UnknownPayload{static_cast<PayloadType>(200), {}});
    payloads.emplace_back(wire::VendorIdPayload{});
    payloads.push_back(notify_payload(NotifyType::INITIAL_CONTACT));
    payloads.push_back(notify_payload(NotifyType::INITIAL_CONTACT));
    EXPECT_FALSE(check(kind.exchange, kind.response, payloads).has_value()) << kind.name;
  }
}

TEST(Contracts, CreateChildSaIsTwoMessagesByItsSelectors) {
  EXPECT_FALSE(check(ExchangeType::CREATE_CHILD_SA, false, create_child()).has_value());
  EXPECT_FALSE(check(ExchangeType::CREATE_CHILD_SA, false, sa_init()).has_value()) << "rekeying of the IKE SA";
  auto half = create_child();
  half.pop_back();
  EXPECT_EQ(check(ExchangeType::CREATE_CHILD_SA, false, half)->payload, PayloadType::TSr);
  EXPECT_FALSE(check(ExchangeType::CREATE_CHILD_SA, true, {notify_payload(NotifyType::NO_ADDITIONAL_SAS)}).has_value());
}

TEST(Contracts, IntermediateExchangesCarryOneKeyExchange) {
  const auto exchange = ExchangeType::IKE_INTERMEDIATE;
  const Payload ke = wire::KePayload{KeyExchangeMethod::CURVE448, Octets(56, 1)};
  for (const bool response : {false, true}) {
    EXPECT_FALSE(check(exchange, response, {ke}).has_value());
    EXPECT_EQ(check(exchange, response, {ke, ke})->to_string(), "KE is there more than once (RFC 9370 §2.2.2)");
    EXPECT_TRUE(check(exchange, response, {ke, wire::NoncePayload{}}).has_value());
  }
  EXPECT_TRUE(check(exchange, false, {notify_payload(NotifyType::INVALID_SYNTAX)}).has_value());
  EXPECT_FALSE(check(exchange, true, {notify_payload(NotifyType::INVALID_SYNTAX)}).has_value());
}

TEST(Contracts, ExchangesThatWeTakeNoPartInHaveNone) {
  const std::vector<Payload> none;
  EXPECT_EQ(contract_of(ExchangeType::IKE_SESSION_RESUME, false, PayloadSet(none)), nullptr);
  EXPECT_EQ(contract_of(static_cast<ExchangeType>(240), false, PayloadSet(none)), nullptr);
}

}  // namespace
}  // namespace keypact::ike::v2
