// What the files of the responder's IKE_AUTH share: refusing, and what follows once the initiator is authenticated.
#pragma once

#include "ike/v2/contracts.h"
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

/// The initiator ends it in an INFORMATIONAL exchange.
struct GivenUp {};
/// The payloads of the initiator's next message; nothing where what came changes nothing; a refusal where it is malformed, or none
/// that is wanted.
using Next = std::variant<std::monostate, std::vector<wire::Payload>, Refusal, GivenUp>;
[[nodiscard]] Next next_request(Context& context, IkeSaRecord& record, ResponderAuth& state, ResponseWindow& window,
                                const Received& received, MessageKind wanted);
/// Why it has given up, where nothing was told it before.
[[nodiscard]] State given_up(Context& context, const IkeSaRecord& record, ResponderAuth&& state,
                             const std::optional<eap::Refusal>& decided);
/// Answers `state.message_id`, and waits for the next request.
void send_answer(Context& context, const IkeSaRecord& record, ResponderAuth& state, ResponseWindow& window,
                 const std::vector<wire::Payload>& payloads);

/// The initiator proves itself in this round by AUTH, which is there.
[[nodiscard]] State verify_round(Context& context, IkeSaRecord& record, ResponderAuth&& state);
/// It has: with `request`, whose AUTH that is. Where it was the last one, what is left is an address for it, and our own proof.
[[nodiscard]] State on_round_proven(Context& context, IkeSaRecord& record, ResponderAuth&& state,
                                    PeerAuthenticated peer, const PayloadSet& request);
/// Nothing of the initiator is open in this exchange.
[[nodiscard]] State answer_round(Context& context, IkeSaRecord& record, ResponderAuth&& state);
/// The request of this round asks for EAP.
[[nodiscard]] State begin_round_by_eap(Context& context, IkeSaRecord& record, ResponderAuth&& state);
/// Our part of this exchange.
[[nodiscard]] State prove_ourselves(Context& context, IkeSaRecord& record, ResponderAuth&& state);
/// The key that both ends of this round share.
[[nodiscard]] Result<std::shared_ptr<const config::SharedKey>, Refusal> shared_key_for(const Context& context,
                                                                                       const ResponderAuth& state);
/// All rounds of both ends are done. `answer` holds what the last ones leave to say.
[[nodiscard]] State establish(Context& context, IkeSaRecord& record, ResponderAuth&& state,
                              std::vector<wire::Payload> answer);
/// A round is done, and another one follows. `answer` ends this one.
[[nodiscard]] State await_round(Context& context, const IkeSaRecord& record, ResponderAuth&& state,
                                std::vector<wire::Payload> answer);
/// The request that began this round.
[[nodiscard]] const std::vector<wire::Payload>& round_request(const ResponderAuth& state);

/// We have proven ourselves: EAP begins, for the initiator to do the same. `answer` is IDr, CERTs and AUTH.
[[nodiscard]] State begin_eap(Context& context, ResponderAuth&& state, const IkeSaRecord& record,
                              std::vector<wire::Payload> answer);

}  // namespace keypact::ike::v2
