// Contracts: which payloads each message of each exchange requires and allows, as one table. Nothing handles a message that
// breaks its contract. RFC 7296 §1.2, §1.3, §1.4, §1.5, §2.6.
#pragma once

#include <optional>
#include <span>

#include "ike/core/payload_set.h"

namespace keypact::ike::v2 {

enum class Presence : std::uint8_t { required, optional, any_number };

struct PayloadRule {
  PayloadType type{};
  Presence presence{};
};

enum class MessageKind : std::uint8_t {
  request,
  childless_request,  ///< IKE_AUTH without SA and selectors
  rekey_ike_request,  ///< CREATE_CHILD_SA without selectors
  response,
  rekey_ike_response,
  eap_begin_response,  ///< IKE_AUTH: the first answer to a peer that wants EAP
  eap_only_response,   ///< the same without AUTH (RFC 5998)
  eap_request,
  eap_response,
  eap_auth_request,  ///< behind EAP
  eap_auth_response,
  round_request,  ///< of IKE_AUTH, behind its first round of authentication (RFC 4739)
  round_response,
  ppk_request,  ///< IKE_INTERMEDIATE without a key exchange (RFC 9867)
  ppk_response,
  notify_response,  ///< a response of notifies only: COOKIE, or an error
};

struct Contract {
  ExchangeType exchange{};
  MessageKind kind{};
  std::span<const PayloadRule> rules;  ///< Notify and Vendor ID are always allowed; what is not named is not
  std::string_view section;
};

struct ContractViolation {
  enum class What : std::uint8_t { missing, duplicate, unexpected } what{};
  PayloadType payload{};
  std::string_view section;
  /// "IDi is missing (RFC 7296 §1.2)"
  [[nodiscard]] std::string to_string() const;
};

/// The contract for a message with these payloads; nullptr for an exchange that we do not take part in.
[[nodiscard]] const Contract* contract_of(ExchangeType exchange, bool response, const PayloadSet& payloads);
/// Of IKE_AUTH, behind its first request and response, where EAP is under way. Never nullptr.
[[nodiscard]] const Contract* eap_contract_of(bool response, const PayloadSet& payloads);
/// The same where another round of authentication begins, or the last one is answered. RFC 4739 §2.
[[nodiscard]] const Contract* round_contract_of(bool response, const PayloadSet& payloads);
/// Of IKE_INTERMEDIATE, where the exchange is about a post-quantum preshared key only. Never nullptr.
[[nodiscard]] const Contract* ppk_contract_of(bool response);

[[nodiscard]] std::optional<ContractViolation> check_contract(const Contract& contract, const PayloadSet& payloads);

}  // namespace keypact::ike::v2
