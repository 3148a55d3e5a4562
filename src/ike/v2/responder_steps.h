// What the files of the responder's IKE_AUTH share: refusing, and what follows once the initiator is authenticated.
#pragma once

#include "ike/v2/ike_sa.h"

namespace keypact::ike::v2 {

/// A request of a half-open IKE SA that is authentic and can be read.
struct HalfOpenRequest {
  Octets known_by;  ///< by which a retransmission of it is known
  Fine fine;
};
/// Otherwise the state that it leads to, made of `state`.
[[nodiscard]] Result<HalfOpenRequest, State> open_request(Context& context, IkeSaRecord& record,
                                                          AwaitAuthRequest& state, const Received& received);

/// RFC 7296 §2.21.2: the refusal goes out under the IKE SA's keys, then the IKE SA is gone. `first`: payloads before the notify.
[[nodiscard]] State refuse(Context& context, const IkeSaRecord& record, ResponderAuth&& state, Refusal refusal,
                           std::vector<wire::Payload> first = {});

/// The initiator has ended it with the request that is being answered: an empty response, and the IKE SA is gone.
[[nodiscard]] State ended_by_initiator(Context& context, const IkeSaRecord& record, ResponderAuth&& state,
                                       Refusal refusal);

/// The request with the initiator's AUTH says which post-quantum preshared key is used: from here on the keys are those with it.
/// Comes before AUTH is looked at, which is that of NO_PPK_AUTH where it goes without. RFC 8784 §3.
[[nodiscard]] std::optional<Refusal> settle_ppk(Context& context, IkeSaRecord& record, ResponderAuth& state,
                                                std::vector<wire::Payload>& request);

/// What the initiator's AUTH covers, and what ours covers. `state` and `id_body` outlive it.
[[nodiscard]] SignedOctets octets_of_initiator(const ResponderAuth& state, OctetView id_body);
[[nodiscard]] SignedOctets octets_of_responder(const ResponderAuth& state, OctetView id_body);
[[nodiscard]] const wire::IdPayload& peer_id_of(const ResponderAuth& state);

/// The initiator is authenticated: what is left is an address for it, and our own proof.
[[nodiscard]] State on_authenticated(Context& context, IkeSaRecord& record, ResponderAuth&& state,
                                     PeerAuthenticated peer);

/// We have proven ourselves: EAP begins, for the initiator to do the same. `answer` is IDr, CERTs and AUTH.
[[nodiscard]] State begin_eap(Context& context, ResponderAuth&& state, const IkeSaRecord& record,
                              std::vector<wire::Payload> answer);

}  // namespace keypact::ike::v2
