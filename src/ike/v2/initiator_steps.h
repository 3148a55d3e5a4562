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
/// Our round is done, and so is what the response says of the responder: our next one follows, or the responder's, or all is done.
/// RFC 4739 §2.1.
[[nodiscard]] State go_on(Context& context, IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads);
/// All rounds are done.
[[nodiscard]] State establish(Context& context, IkeSaRecord& record, AwaitAuth&& state, const PayloadSet& payloads);

/// The round of ours that is under way; nullptr: there is none any more.
[[nodiscard]] const config::AuthRound* own_round(const InitiatorAuth& state);
/// The key of it, where that is a shared one.
[[nodiscard]] Result<std::shared_ptr<const config::SharedKey>, Refusal> own_key(const Context& context,
                                                                                const IkeSaRecord& record,
                                                                                const InitiatorAuth& state);
/// What our AUTH covers, with SK_pi or what the PPK makes of it. `state` and `id_body` outlive it.
[[nodiscard]] SignedOctets own_octets(const InitiatorAuth& state, const SkP& sk_pi, OctetView id_body);
/// What goes along with the AUTH of a round: whether another one follows (RFC 4739 §2.1). With the last one the IPsec stack is told what
/// to expect.
void announce_round(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                    std::vector<wire::Payload>& payloads);
/// A further request of IKE_AUTH.
void send_request(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                  const std::vector<wire::Payload>& payloads);

/// The payloads of the awaited response; nothing where the message changes nothing, a refusal where it is malformed.
using Answered = std::variant<std::monostate, std::vector<wire::Payload>, Refusal>;
[[nodiscard]] Answered take_response(Context& context, const IkeSaRecord& record, AwaitAuth& state,
                                     const Received& received);

/// What goes along with our AUTH where a post-quantum preshared key is offered. RFC 8784 §3.
[[nodiscard]] std::vector<wire::Payload> ppk_payloads(const InitiatorAuth& state);
/// In the response to our AUTH the responder says whether it uses the PPK: the keys are those with it from here on, or without where
/// that is possible. It comes before its AUTH is looked at.
[[nodiscard]] std::optional<Refusal> settle_ppk(IkeSaRecord& record, AwaitAuth& state, const PayloadSet& payloads);

/// The responder asks us for EAP, and is authenticated, or is to be by EAP too. RFC 7296 §2.16, RFC 5998 §3.
[[nodiscard]] State begin_eap(Context& context, AwaitAuth&& state, std::optional<ResponderUnproven> unproven,
                              const PayloadSet& payloads);
/// RFC 5998 §3: EAP begins without AUTH of the responder.
[[nodiscard]] State begin_eap_only(Context& context, const IkeSaRecord& record, AwaitAuth&& state,
                                   const PayloadSet& payloads);

}  // namespace keypact::ike::v2
