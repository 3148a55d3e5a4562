#include "ike/v2/contracts.h"

#include <algorithm>
#include <array>

namespace keypact::ike::v2 {
namespace {

using enum PayloadType;
using enum Presence;

constexpr std::array kSaInit = {PayloadRule{SA, required}, PayloadRule{KE, required}, PayloadRule{Nonce, required},
                                PayloadRule{CERTREQ, any_number}};
constexpr std::array kAuthRequest = {
    PayloadRule{IDi, required}, PayloadRule{CERT, any_number}, PayloadRule{CERTREQ, any_number},
    PayloadRule{IDr, optional}, PayloadRule{AUTH, optional},  // RFC 7296 §2.16: none asks for EAP
    PayloadRule{CP, optional},  PayloadRule{SA, required},     PayloadRule{TSi, required},
    PayloadRule{TSr, required},
};
constexpr std::array kChildlessAuthRequest = {
    PayloadRule{IDi, required}, PayloadRule{CERT, any_number}, PayloadRule{CERTREQ, any_number},
    PayloadRule{IDr, optional}, PayloadRule{AUTH, optional},   PayloadRule{CP, optional},
};
// RFC 7296 §1.2: the Child SA may fail while the IKE SA succeeds; then SA, TSi and TSr are absent.
constexpr std::array kAuthResponse = {
    PayloadRule{IDr, required}, PayloadRule{CERT, any_number}, PayloadRule{AUTH, required}, PayloadRule{CP, optional},
    PayloadRule{SA, optional},  PayloadRule{TSi, optional},    PayloadRule{TSr, optional},
};
// RFC 7296 §2.16, Appendix C.3.
constexpr std::array kEapBeginResponse = {PayloadRule{IDr, required}, PayloadRule{CERT, any_number},
                                          PayloadRule{AUTH, required}, PayloadRule{EAP, required}};
constexpr std::array kEapOnlyResponse = {PayloadRule{IDr, required}, PayloadRule{EAP, required}};
constexpr std::array kEap = {PayloadRule{EAP, required}};
constexpr std::array kEapAuthRequest = {PayloadRule{AUTH, required}};
constexpr std::array kEapAuthResponse = {PayloadRule{AUTH, required}, PayloadRule{CP, optional},
                                         PayloadRule{SA, optional}, PayloadRule{TSi, optional},
                                         PayloadRule{TSr, optional}};
// RFC 4739 §2: an end that has done its rounds says nothing of itself any more.
constexpr std::array kRoundRequest = {PayloadRule{IDi, optional}, PayloadRule{CERT, any_number},
                                      PayloadRule{CERTREQ, any_number}, PayloadRule{IDr, optional},
                                      PayloadRule{AUTH, optional}};
constexpr std::array kRoundResponse = {
    PayloadRule{IDr, optional}, PayloadRule{CERT, any_number}, PayloadRule{AUTH, optional}, PayloadRule{EAP, optional},
    PayloadRule{CP, optional},  PayloadRule{SA, optional},     PayloadRule{TSi, optional},  PayloadRule{TSr, optional}};
constexpr std::array kCreateChild = {PayloadRule{SA, required},  PayloadRule{Nonce, required},
                                     PayloadRule{KE, optional},  PayloadRule{TSi, required},
                                     PayloadRule{TSr, required}, PayloadRule{CP, optional}};
constexpr std::array kRekeyIke = {PayloadRule{SA, required}, PayloadRule{Nonce, required}, PayloadRule{KE, required}};
constexpr std::array kInformational = {PayloadRule{D, any_number}, PayloadRule{CP, optional}};
constexpr std::array kAdditionalKeyExchange = {PayloadRule{KE, required}};
constexpr std::array<PayloadRule, 0> kNotifiesOnly = {};

constexpr auto kContracts = std::to_array<Contract>({
    {ExchangeType::IKE_SA_INIT, MessageKind::request, kSaInit, "RFC 7296 §1.2"},
    {ExchangeType::IKE_SA_INIT, MessageKind::response, kSaInit, "RFC 7296 §1.2"},
    {ExchangeType::IKE_SA_INIT, MessageKind::notify_response, kNotifiesOnly, "RFC 7296 §2.6"},
    {ExchangeType::IKE_INTERMEDIATE, MessageKind::request, kAdditionalKeyExchange, "RFC 9370 §2.2.2"},
    {ExchangeType::IKE_INTERMEDIATE, MessageKind::response, kAdditionalKeyExchange, "RFC 9370 §2.2.2"},
    {ExchangeType::IKE_INTERMEDIATE, MessageKind::ppk_request, kNotifiesOnly, "RFC 9867"},
    {ExchangeType::IKE_INTERMEDIATE, MessageKind::ppk_response, kNotifiesOnly, "RFC 9867"},
    {ExchangeType::IKE_INTERMEDIATE, MessageKind::notify_response, kNotifiesOnly, "RFC 9242 §3.4"},
    {ExchangeType::IKE_AUTH, MessageKind::request, kAuthRequest, "RFC 7296 §1.2"},
    {ExchangeType::IKE_AUTH, MessageKind::childless_request, kChildlessAuthRequest, "RFC 6023 §5"},
    {ExchangeType::IKE_AUTH, MessageKind::response, kAuthResponse, "RFC 7296 §1.2"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_begin_response, kEapBeginResponse, "RFC 7296 §2.16"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_only_response, kEapOnlyResponse, "RFC 5998 §3"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_request, kEap, "RFC 7296 §2.16"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_response, kEap, "RFC 7296 §2.16"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_auth_request, kEapAuthRequest, "RFC 7296 §2.16"},
    {ExchangeType::IKE_AUTH, MessageKind::eap_auth_response, kEapAuthResponse, "RFC 7296 §2.16"},
    {ExchangeType::IKE_AUTH, MessageKind::round_request, kRoundRequest, "RFC 4739 §2.1"},
    {ExchangeType::IKE_AUTH, MessageKind::round_response, kRoundResponse, "RFC 4739 §2.1"},
    {ExchangeType::IKE_AUTH, MessageKind::notify_response, kNotifiesOnly, "RFC 7296 §2.21.2"},
    {ExchangeType::CREATE_CHILD_SA, MessageKind::request, kCreateChild, "RFC 7296 §1.3.1"},
    {ExchangeType::CREATE_CHILD_SA, MessageKind::rekey_ike_request, kRekeyIke, "RFC 7296 §1.3.2"},
    {ExchangeType::CREATE_CHILD_SA, MessageKind::response, kCreateChild, "RFC 7296 §1.3.1"},
    {ExchangeType::CREATE_CHILD_SA, MessageKind::rekey_ike_response, kRekeyIke, "RFC 7296 §1.3.2"},
    {ExchangeType::CREATE_CHILD_SA, MessageKind::notify_response, kNotifiesOnly, "RFC 7296 §2.21.3"},
    {ExchangeType::IKE_FOLLOWUP_KE, MessageKind::request, kAdditionalKeyExchange, "RFC 9370 §2.2.4"},
    {ExchangeType::IKE_FOLLOWUP_KE, MessageKind::response, kAdditionalKeyExchange, "RFC 9370 §2.2.4"},
    {ExchangeType::IKE_FOLLOWUP_KE, MessageKind::notify_response, kNotifiesOnly, "RFC 9370 §2.2.4"},
    {ExchangeType::INFORMATIONAL, MessageKind::request, kInformational, "RFC 7296 §1.4"},
    {ExchangeType::INFORMATIONAL, MessageKind::response, kInformational, "RFC 7296 §1.4"},
});

/// RFC 7296 §2.21.2: they leave the IKE SA.
constexpr std::array kErrorsOfChild = {NotifyType::NO_PROPOSAL_CHOSEN,       NotifyType::TS_UNACCEPTABLE,
                                       NotifyType::SINGLE_PAIR_REQUIRED,     NotifyType::NO_ADDITIONAL_SAS,
                                       NotifyType::INTERNAL_ADDRESS_FAILURE, NotifyType::FAILED_CP_REQUIRED};

bool has_only_notifies(const PayloadSet& payloads) {
  return !payloads.empty() && std::ranges::all_of(payloads.all(), [](const auto& payload) {
    return std::holds_alternative<wire::NotifyPayload>(payload.body) ||
           std::holds_alternative<wire::VendorIdPayload>(payload.body) ||
           std::holds_alternative<wire::UnknownPayload>(payload.body);
  });
}

MessageKind kind_of(ExchangeType exchange, bool response, const PayloadSet& payloads) {
  if (exchange != ExchangeType::INFORMATIONAL && response && has_only_notifies(payloads))
    return MessageKind::notify_response;
  if (exchange == ExchangeType::IKE_AUTH && response && payloads.count(EAP) != 0)
    return payloads.count(AUTH) != 0 ? MessageKind::eap_begin_response : MessageKind::eap_only_response;
  const bool childless = exchange == ExchangeType::IKE_AUTH && payloads.count(SA) == 0 && payloads.count(TSi) == 0 &&
                         payloads.count(TSr) == 0;
  if (childless && !response) return MessageKind::childless_request;
  const bool rekeys_ike =
      exchange == ExchangeType::CREATE_CHILD_SA && payloads.count(TSi) == 0 && payloads.count(TSr) == 0;
  if (response) return rekeys_ike ? MessageKind::rekey_ike_response : MessageKind::response;
  return rekeys_ike ? MessageKind::rekey_ike_request : MessageKind::request;
}

const PayloadRule* rule_for(const Contract& contract, PayloadType type) {
  const auto found = std::ranges::find(contract.rules, type, &PayloadRule::type);
  return found == contract.rules.end() ? nullptr : &*found;
}

const Contract* contract_of(ExchangeType exchange, MessageKind kind) {
  const auto found = std::ranges::find_if(
      kContracts, [&](const auto& contract) { return contract.exchange == exchange && contract.kind == kind; });
  return found == kContracts.end() ? nullptr : &*found;
}

}  // namespace

std::string ContractViolation::to_string() const {
  const auto name = keypact::to_string(payload);
  const std::string_view verb = what == What::missing     ? " is missing"
                                : what == What::duplicate ? " is there more than once"
                                                          : " does not belong into this message";
  return name + std::string(verb) + " (" + std::string(section) + ")";
}

const Contract* contract_of(ExchangeType exchange, bool response, const PayloadSet& payloads) {
  return contract_of(exchange, kind_of(exchange, response, payloads));
}

const Contract* eap_contract_of(bool response, const PayloadSet& payloads) {
  if (response && has_only_notifies(payloads)) return contract_of(ExchangeType::IKE_AUTH, MessageKind::notify_response);
  const bool eap = payloads.count(EAP) != 0;
  const auto of_request = eap ? MessageKind::eap_request : MessageKind::eap_auth_request;
  const auto of_response = eap ? MessageKind::eap_response : MessageKind::eap_auth_response;
  const auto kind = response ? of_response : of_request;
  return contract_of(ExchangeType::IKE_AUTH, kind);
}

const Contract* round_contract_of(bool response, const PayloadSet& payloads) {
  if (!response) return contract_of(ExchangeType::IKE_AUTH, MessageKind::round_request);
  // RFC 7296 §1.2: without SA and selectors the Child SA may have failed alone.
  const auto* error = has_only_notifies(payloads) ? payloads.error() : nullptr;
  const bool ends = error != nullptr && std::ranges::find(kErrorsOfChild, error->type) == kErrorsOfChild.end();
  return contract_of(ExchangeType::IKE_AUTH, ends ? MessageKind::notify_response : MessageKind::round_response);
}

const Contract* ppk_contract_of(bool response) {
  return contract_of(ExchangeType::IKE_INTERMEDIATE, response ? MessageKind::ppk_response : MessageKind::ppk_request);
}

std::optional<ContractViolation> check_contract(const Contract& contract, const PayloadSet& payloads) {
  for (const auto& rule : contract.rules) {
    const auto count = payloads.count(rule.type);
    if (rule.presence == required && count == 0)
      return ContractViolation{ContractViolation::What::missing, rule.type, contract.section};
    if (rule.presence != any_number && count > 1)
      return ContractViolation{ContractViolation::What::duplicate, rule.type, contract.section};
  }
  for (const auto& payload : payloads.all()) {
    const auto type = wire::type_of(payload);
    // RFC 7296 §2.5: unknown payloads without the critical bit are skipped.
    if (type == N || type == V || std::holds_alternative<wire::UnknownPayload>(payload.body)) continue;
    if (rule_for(contract, type) == nullptr)
      return ContractViolation{ContractViolation::What::unexpected, type, contract.section};
  }
  return std::nullopt;
}

}  // namespace keypact::ike::v2
