#include "ike/core/refusal.h"

#include <array>

namespace keypact::ike {
namespace {

struct CodeRow {
  RefusalCode code;
  std::string_view name;
  std::string_view rule;
  Side side_when_ours;   ///< we refused
  Side side_when_peers;  ///< the peer refused
};

constexpr std::array kCodes = {
    CodeRow{RefusalCode::no_answer, "no-answer", "RFC 7296 §2.4", Side::path, Side::path},
    CodeRow{RefusalCode::no_proposal_chosen, "no-proposal-chosen", "RFC 7296 §2.7", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::key_exchange_method, "key-exchange-method", "RFC 7296 §1.3", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::authentication_failed, "authentication-failed", "RFC 7296 §2.15", Side::credential,
            Side::credential},
    CodeRow{RefusalCode::unknown_identity, "unknown-identity", "RFC 7296 §2.15", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::no_shared_key, "no-shared-key", "RFC 7296 §2.15", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::selectors_unacceptable, "selectors-unacceptable", "RFC 7296 §2.9", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::peer_identity_mismatch, "peer-identity-mismatch", "RFC 7296 §2.15", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::malformed_message, "malformed-message", "RFC 7296 §2.21", Side::peer_fault, Side::peer_fault},
    CodeRow{RefusalCode::unexpected_choice, "unexpected-choice", "RFC 7296 §2.7", Side::peer_fault, Side::peer_fault},
    CodeRow{RefusalCode::too_many_restarts, "too-many-restarts", "RFC 7296 §2.6.1", Side::peer_fault, Side::peer_fault},
    CodeRow{RefusalCode::key_exchange_failed, "key-exchange-failed", "RFC 6989 §2", Side::peer_fault, Side::peer_fault},
    CodeRow{RefusalCode::no_connection_for_address, "no-connection-for-address", "RFC 4301 §4.4.3",
            Side::local_configuration, Side::peer_configuration},
    CodeRow{RefusalCode::no_additional_sas, "no-additional-sas", "RFC 7296 §1.3", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::ipsec_stack, "ipsec-stack", "RFC 4301 §4.4.2", Side::local_system, Side::peer_configuration},
    CodeRow{RefusalCode::terminated, "terminated", "RFC 7296 §1.4.1", Side::operator_request, Side::operator_request},
    CodeRow{RefusalCode::deleted_by_peer, "deleted-by-peer", "RFC 7296 §1.4.1", Side::peer_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::peer_error, "peer-error", "RFC 7296 §3.10.1", Side::peer_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::unknown_connection, "unknown-connection", "RFC 4301 §4.4.3", Side::local_configuration,
            Side::local_configuration},
    CodeRow{RefusalCode::no_remote_address, "no-remote-address", "RFC 4301 §4.4.3", Side::local_configuration,
            Side::local_configuration},
    CodeRow{RefusalCode::limit_reached, "limit-reached", "RFC 7296 §2.6", Side::local_system, Side::peer_configuration},
    CodeRow{RefusalCode::address_not_proven, "address-not-proven", "RFC 4555 §3.7", Side::path, Side::path},
    CodeRow{RefusalCode::redirected, "redirected", "RFC 5685 §3", Side::local_configuration, Side::peer_configuration},
    CodeRow{RefusalCode::not_unique, "not-unique", "RFC 7296 §2.4", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::child_in_ike_auth, "child-in-ike-auth", "RFC 6023 §3", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::ah_impossible, "ah-impossible", "RFC 3715 §2.1", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::no_signing_key, "no-signing-key", "RFC 7296 §2.15", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::certificate_refused, "certificate-refused", "RFC 4945 §5.1", Side::credential,
            Side::credential},
    CodeRow{RefusalCode::no_inner_address, "no-inner-address", "RFC 7296 §2.19", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::inner_address_required, "inner-address-required", "RFC 7296 §2.19", Side::peer_configuration,
            Side::local_configuration},
    CodeRow{RefusalCode::eap_failed, "eap-failed", "RFC 7296 §2.16", Side::credential, Side::credential},
    CodeRow{RefusalCode::eap_unavailable, "eap-unavailable", "RFC 7296 §2.16", Side::local_configuration,
            Side::peer_configuration},
    CodeRow{RefusalCode::no_ppk, "no-ppk", "RFC 8784 §3", Side::either_configuration, Side::either_configuration},
    CodeRow{RefusalCode::ppk_required, "ppk-required", "RFC 8784 §3", Side::either_configuration,
            Side::either_configuration},
    CodeRow{RefusalCode::busy, "busy", "RFC 7296 §2.25", Side::operator_request, Side::operator_request},
};

const CodeRow& row_of(RefusalCode code) {
  for (const auto& row : kCodes)
    if (row.code == code) return row;
  return kCodes.back();
}

}  // namespace

Refusal refusal_in(ExchangeType exchange, RefusalCode code, std::optional<NotifyType> notify) {
  Refusal refusal;
  refusal.code = code;
  refusal.exchange = exchange;
  refusal.notify = notify;
  return refusal;
}

std::string_view to_string(RefusalCode code) { return row_of(code).name; }
std::string_view rule_of(RefusalCode code) { return row_of(code).rule; }

std::string_view rule_of(const Refusal& refusal) {
  return refusal.rule.empty() ? rule_of(refusal.code) : std::string_view(refusal.rule);
}

Side side_of(const Refusal& refusal) {
  const auto& row = row_of(refusal.code);
  return refusal.by_peer ? row.side_when_peers : row.side_when_ours;
}

std::string_view to_string(Side side) {
  switch (side) {
    case Side::local_configuration: return "local configuration";
    case Side::peer_configuration: return "peer configuration";
    case Side::either_configuration: return "either configuration";
    case Side::path: return "path";
    case Side::credential: return "credential";
    case Side::peer_fault: return "peer fault";
    case Side::local_system: return "local system";
    case Side::operator_request: return "operator request";
  }
  return "unknown";
}

RefusalCode refusal_code_of(NotifyType notify) {
  switch (notify) {
    case NotifyType::NO_PROPOSAL_CHOSEN: return RefusalCode::no_proposal_chosen;
    case NotifyType::INVALID_KE_PAYLOAD: return RefusalCode::key_exchange_method;
    case NotifyType::AUTHENTICATION_FAILED: return RefusalCode::authentication_failed;
    case NotifyType::TS_UNACCEPTABLE:
    case NotifyType::SINGLE_PAIR_REQUIRED: return RefusalCode::selectors_unacceptable;
    case NotifyType::NO_ADDITIONAL_SAS: return RefusalCode::no_additional_sas;
    case NotifyType::UNACCEPTABLE_ADDRESSES:
    case NotifyType::UNEXPECTED_NAT_DETECTED: return RefusalCode::address_not_proven;
    case NotifyType::INTERNAL_ADDRESS_FAILURE: return RefusalCode::no_inner_address;
    case NotifyType::FAILED_CP_REQUIRED: return RefusalCode::inner_address_required;
    case NotifyType::TEMPORARY_FAILURE: return RefusalCode::busy;
    case NotifyType::INVALID_SYNTAX: return RefusalCode::malformed_message;
    default: return RefusalCode::peer_error;
  }
}

}  // namespace keypact::ike
