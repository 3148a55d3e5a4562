// What the files of the initiator's IKE_AUTH share: refusing, sending, and what follows once the responder is authenticated.
#pragma once

#include "ike/v2/ike_sa.h"

namespace keypact::ike::v2 {

/// RFC 7296 §2.21.2: a failure on our side after the responder's last message is told in an INFORMATIONAL exchange of its own.
[[nodiscard]] State refuse_responder(Context& context, const IkeSaRecord& record, AwaitAuth&& state, Refusal reason);
[[nodiscard]] State refused_by_responder(Context& context, const IkeSaRecord& record, AwaitAuth&& state,
                                         const wire::NotifyPayload& error);
/// It ends here, and the responder knows.
[[nodiscard]] State end_attempt(Context& context, const IkeSaRecord& record, AwaitAuth&& state, Refusal reason);
[[nodiscard]] State establish(Context& context, IkeSaRecord& record, AwaitAuth&& state, PeerAuthenticated peer,
                              const PayloadSet& payloads);

/// The payloads of the awaited response; nothing where the message changes nothing, a refusal where it is malformed.
using Answered = std::variant<std::monostate, std::vector<wire::Payload>, Refusal>;
[[nodiscard]] Answered take_response(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                                     const Received& received);

/// What goes along with our AUTH where a post-quantum preshared key is offered. RFC 8784 §3.
[[nodiscard]] std::vector<wire::Payload> ppk_payloads(const InitiatorAuth& state);
/// In the response to our AUTH the responder says whether it uses the PPK: the keys are those with it from here on, or without where
/// that is possible. It comes before its AUTH is looked at.
[[nodiscard]] std::optional<Refusal> settle_ppk(IkeSaRecord& record, AwaitAuth& state, const PayloadSet& payloads);

/// The responder is authenticated, and asks us for EAP. RFC 7296 §2.16.
[[nodiscard]] State begin_eap(Context& context, AwaitAuth&& state, PeerAuthenticated peer, const PayloadSet& payloads);

}  // namespace keypact::ike::v2
