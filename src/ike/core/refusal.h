// Refusal: the facts about one thing that was not agreed, as the engine knows them at that moment: what was wanted, what was
// offered, the rule, and whose side it is on. Sentences for people are made of it elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/octets.h"
#include "proto/ike_header_registries.h"
#include "proto/notify_type.h"
#include "proto/proposal.h"

namespace keypact::ike {

enum class RefusalCode : std::uint8_t {
  no_answer,                  ///< the peer never answered
  no_proposal_chosen,         ///< no common algorithms
  key_exchange_method,        ///< INVALID_KE_PAYLOAD that we cannot follow
  authentication_failed,      ///< AUTH did not verify, here or there
  unknown_identity,           ///< no connection for the identities
  no_shared_key,              ///< no secret for the pair of identities
  selectors_unacceptable,     ///< nothing left after narrowing
  peer_identity_mismatch,     ///< the responder is not who the configuration asks for
  malformed_message,          ///< the peer's message breaks the RFC
  unexpected_choice,          ///< the responder chose what was not offered
  too_many_restarts,          ///< COOKIE / INVALID_KE_PAYLOAD ping-pong
  key_exchange_failed,        ///< a public value that RFC 6989 forbids
  no_connection_for_address,  ///< nothing configured between these addresses
  no_additional_sas,          ///< the peer or our limit allows no more
  ipsec_stack,                ///< the SAs could not be installed
  terminated,                 ///< ended by request while it was being set up
  deleted_by_peer,
  peer_error,              ///< another error notify
  unknown_connection,      ///< no such name in the configuration
  no_remote_address,       ///< the connection names no single address to initiate to
  limit_reached,           ///< one of our own limits
  address_not_proven,      ///< the peer may not be where its datagrams come from
  redirected,              ///< RFC 5685: sent to another gateway, which may not be followed
  not_unique,              ///< the connection takes one IKE SA of a peer
  child_in_ike_auth,       ///< RFC 6023: an IKE SA with its first Child SA, or without, that one end does not take
  ah_impossible,           ///< AH is all that is asked for, and cannot be had here
  busy,                    ///< an exchange is on its way that this one would disturb
  no_signing_key,          ///< no certificate or private key of ours fits
  no_inner_address,        ///< no address to use inside the tunnel
  inner_address_required,  ///< the gateway gives one, and the client did not ask for it
  eap_failed,              ///< EAP did not succeed, here or there
  eap_unavailable,         ///< this end lacks what it needs for EAP
  no_ppk,                  ///< RFC 8784: the PPK that one end names is not there
  ppk_required,            ///< RFC 8784: one end wants a PPK, the other one goes without
  certificate_refused,     ///< the peer's certificate, key or signature breaks a rule
};

/// On which side a change would help.
enum class Side : std::uint8_t {
  local_configuration,
  peer_configuration,
  either_configuration,
  path,
  credential,
  peer_fault,
  local_system,
  operator_request
};

struct Refusal {
  RefusalCode code{};
  std::optional<ExchangeType> exchange;  ///< the phase; nothing before the first message
  std::optional<NotifyType> notify;      ///< the notify that said so, sent or received
  bool by_peer = false;                  ///< the peer refused; else we did
  std::vector<std::string> ours;         ///< our values: proposals, selectors, identities
  std::vector<std::string> theirs;       ///< the peer's, empty when it did not tell
  std::vector<Proposal> offered{};       ///< of `theirs`, where we take none of the peer's proposals
  std::vector<Octets> vendor_ids{};      ///< of the peer, where products are known by them
  std::string detail;                    ///< what exactly, when the code alone does not say
  std::string rule;                      ///< the section that decides, when it is not the code's
};

/// One in this exchange, with the notify that says it to the peer, or said it to us.
[[nodiscard]] Refusal refusal_in(ExchangeType exchange, RefusalCode code, std::optional<NotifyType> notify = {});

[[nodiscard]] std::string_view to_string(RefusalCode code);
[[nodiscard]] std::string_view to_string(Side side);
/// The section that decides: "RFC 7296 §2.7".
[[nodiscard]] std::string_view rule_of(const Refusal& refusal);
[[nodiscard]] std::string_view rule_of(RefusalCode code);
[[nodiscard]] Side side_of(const Refusal& refusal);

/// What an error notify from the peer means.
[[nodiscard]] RefusalCode refusal_code_of(NotifyType notify);

}  // namespace keypact::ike
