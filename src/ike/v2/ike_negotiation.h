// What the two ends of a rekeyed IKE SA agree on: proposal, SPIs, nonces. RFC 7296 §1.3.2, §2.18. The Child SAs of the old one
// move to the new one elsewhere.
#pragma once

#include "ike/core/context.h"
#include "ike/core/payload_set.h"
#include "ike/v2/child_negotiation.h"
#include "ike/v2/rekey_collision.h"
#include "proto/transform_registries.h"

namespace keypact::ike::v2 {

/// A new IKE SA that both ends want, without keys. "Initiator" is who began the rekeying.
struct AgreedIke {
  std::uint8_t proposal_number = 0;
  Proposal proposal;
  IkeSpi initiator_spi;
  IkeSpi responder_spi;
  Octets initiator_nonce;
  Octets responder_nonce;

  [[nodiscard]] Nonces nonces() const { return {initiator_nonce, responder_nonce}; }
  /// Of the two: decides where both ends rekey at once.
  [[nodiscard]] OctetView lower_nonce() const { return v2::lower_nonce(initiator_nonce, responder_nonce); }
};

/// What is offered when an IKE SA with this PRF is rekeyed: proposals that keep the PRF, when there are any.
[[nodiscard]] std::vector<Proposal> rekey_offer(const config::Connection& connection, PrfId prf);

/// HDR, SK {SA, Ni, KEi}: the SA payload's SPI is the new one.
[[nodiscard]] std::vector<wire::Payload> ike_offer_payloads(const std::vector<Proposal>& offered, IkeSpi spi,
                                                            const Octets& nonce, KeyExchangeMethod method,
                                                            OctetView public_value);

/// The responder's answer to our offer; its KE payload fits the method chosen.
[[nodiscard]] Result<AgreedIke, Refusal> accept_ike_answer(const std::vector<Proposal>& offered, IkeSpi spi,
                                                           const Octets& nonce, KeyExchangeMethod method,
                                                           const PayloadSet& payloads);

/// Our answer to a peer's offer for an IKE SA whose PRF is `prf`, which is kept when that is possible. Chooses the SPI and the
/// nonce.
[[nodiscard]] Result<AgreedIke, ChildRefusal> answer_ike_offer(Context& context, const config::Connection& connection,
                                                               PrfId prf, const PayloadSet& payloads);

/// HDR, SK {SA, Nr, KEr}.
[[nodiscard]] std::vector<wire::Payload> ike_answer_payloads(const AgreedIke& agreed, Octets public_value);

}  // namespace keypact::ike::v2
