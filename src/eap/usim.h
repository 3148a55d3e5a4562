// Both ends of AKA between a network and a card, with Milenage on each. 3GPP TS 33.102 §6.3.
#pragma once

#include <optional>
#include <variant>

#include "eap/milenage.h"

namespace keypact::eap {

using Autn = std::array<std::uint8_t, 16>;  ///< (SQN ^ AK) | AMF | MAC-A
using Auts = std::array<std::uint8_t, 14>;  ///< (SQN ^ AK*) | MAC-S

struct AkaVector {
  Block rand{};
  Autn autn{};
  std::array<std::uint8_t, 8> res{};
  Secret ck;
  Secret ik;
};
/// The network's: `separated` is for AKA' (RFC 9048 §3.3).
[[nodiscard]] AkaVector make_vector(const Secret& k_and_opc, const Block& rand, SequenceNumber sequence,
                                    bool separated);
/// The card's own number of an answer of Resynchronize; nothing when the card did not make it.
[[nodiscard]] std::optional<SequenceNumber> open_auts(const Secret& k_and_opc, const Block& rand, const Auts& auts);

struct CardAnswer {
  std::array<std::uint8_t, 8> res{};
  Secret ck;
  Secret ik;
  SequenceNumber sequence = 0;  ///< the greatest that the card has seen now
};
struct Resynchronize {
  Auts auts{};
};
struct FalseNetwork {};
/// The card's: whether the network knows K, and whether its number is newer than `last`.
[[nodiscard]] std::variant<CardAnswer, Resynchronize, FalseNetwork> answer_of_card(const Secret& k_and_opc,
                                                                                   SequenceNumber last,
                                                                                   const Block& rand, const Autn& autn);
[[nodiscard]] bool is_separated(const Autn& autn);

}  // namespace keypact::eap
