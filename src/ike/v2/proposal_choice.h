// Choosing one proposal of an offer, and checking the choice that a responder made of ours. RFC 7296 §2.7, §3.3.6.
#pragma once

#include <optional>

#include "ike/core/payload_set.h"
#include "proto/additional_key_exchanges.h"
#include "wire/payload.h"

namespace keypact::ike::v2 {

struct ChosenProposal {
  std::uint8_t number = 0;  ///< of the offer
  Octets spi;               ///< that came with it
  Proposal proposal;        ///< one transform of each type
};

/// How the key exchange transforms of a Child SA's proposals count.
enum class KeyExchangeUse : std::uint8_t {
  negotiate,
  ignore,  ///< RFC 7296 §1.2: the first Child SA has no key exchange of its own
};

/// The offer that fits one of `acceptable`, in our order of preference; within it our preferred transform of each type, but
/// the key exchange method `key_exchange_sent`, when it is acceptable, since that saves a round trip.
[[nodiscard]] std::optional<ChosenProposal> choose_proposal(const wire::SaPayload& offer,
                                                            const std::vector<Proposal>& acceptable,
                                                            KeyExchangeUse key_exchange_use,
                                                            std::optional<KeyExchangeMethod> key_exchange_sent);

/// The responder's choice: exactly one proposal, one transform a type, all of them offered under that number by us.
[[nodiscard]] std::optional<ChosenProposal> accept_choice(const wire::SaPayload& answer,
                                                          const std::vector<Proposal>& offered,
                                                          KeyExchangeUse key_exchange_use);

/// The additional key exchanges of a chosen proposal, in the order in which they run; without those that are NONE.
[[nodiscard]] std::vector<KeyExchangeMethod> additional_key_exchanges(const Proposal& chosen);
/// One of these proposals may lead to one.
[[nodiscard]] bool offers_additional_key_exchange(const std::vector<Proposal>& proposals);
/// What is left of them for a peer that knows no IKE_INTERMEDIATE: those that must have one are not among them.
[[nodiscard]] std::vector<Proposal> without_additional_key_exchange(std::vector<Proposal> proposals);

/// The method of a chosen proposal; NONE when it has none.
[[nodiscard]] KeyExchangeMethod key_exchange_of(const Proposal& chosen);

/// The first one of the first proposal that has any; NONE when none has.
[[nodiscard]] KeyExchangeMethod first_method(const std::vector<Proposal>& proposals);
/// What the peer will take most likely: the method that both agreed on before, as long as it is offered, else the first. It saves a
/// round trip, and some responders take no other method than that of the IKE SA.
[[nodiscard]] KeyExchangeMethod likely_method(const std::vector<Proposal>& offered, KeyExchangeMethod agreed_before);
/// One of these proposals has it.
[[nodiscard]] bool offers(const std::vector<Proposal>& proposals, KeyExchangeMethod method);

/// RFC 7296 §1.3: the method that the responder wants instead of ours.
[[nodiscard]] wire::Payload invalid_ke_payload(KeyExchangeMethod wanted);
/// What such a notify names; nothing when it names none.
[[nodiscard]] std::optional<KeyExchangeMethod> method_named_by(const wire::NotifyPayload& invalid_ke);
/// What an answer under the IKE SA's keys asks for instead of the method that was sent: another one of our offer, or nothing.
[[nodiscard]] std::optional<KeyExchangeMethod> other_method_asked_for(const PayloadSet& answer,
                                                                      const std::vector<Proposal>& offered,
                                                                      KeyExchangeMethod sent);

/// `proposals` as an SA payload, numbered from 1, each with this SPI; without key exchange transforms when ignored.
[[nodiscard]] wire::SaPayload sa_payload(const std::vector<Proposal>& proposals, OctetView spi,
                                         KeyExchangeUse key_exchange_use);

/// For a refusal: each proposal as text.
[[nodiscard]] std::vector<std::string> describe(const std::vector<Proposal>& proposals);
/// An offer as a value, each proposal in the order of the payload.
[[nodiscard]] std::vector<Proposal> proposals_of(const wire::SaPayload& offer);

}  // namespace keypact::ike::v2
