// AUTH after EAP, at either end. RFC 7296 §2.16.
#pragma once

#include "eap/credentials.h"
#include "eap/refusal.h"
#include "ike/core/refusal.h"
#include "ike/v2/authentication.h"

namespace keypact::ike::v2 {

/// What a conversation of EAP that succeeded leaves.
struct EapProof {
  std::optional<eap::Msk> msk;  ///< nothing: the method makes no key
  std::string identity;         ///< of the peer that proved itself; empty at its own end
  eap::Method method{};
};

/// The shared secret of an AUTH payload: the MSK, or, where there is none, the sender's SK_pi or SK_pr.
[[nodiscard]] OctetView secret_of(const EapProof& proof, const SkP& sk_p);

/// The shared secret of an AUTH payload that is to prove the responder too: nothing where the method is none of those that may, or has
/// made no key. SK_pi and SK_pr never take its place. RFC 5998 §3, §4.
[[nodiscard]] std::optional<OctetView> secret_of_both(const EapProof& proof);

/// As it stands in the PAD: an email address, a name, or octets.
[[nodiscard]] Identification eap_identity(const std::string& identity);

/// What there is to say of a method that does not prove the responder. RFC 5998 §4.
[[nodiscard]] Refusal unfit_for_eap_only(eap::Method method);

/// Why EAP came to nothing. `by_peer`: the other end says so.
[[nodiscard]] Refusal eap_refusal(const eap::Refusal& refusal);

}  // namespace keypact::ike::v2
