// Milenage: the authentication functions of a (U)SIM, from its key K and the operator's OPc. 3GPP TS 35.206; GSM's by TS 55.205.
#pragma once

#include <array>

#include "base/secret.h"

namespace keypact::eap {

using Block = std::array<std::uint8_t, 16>;

/// A sequence number of AKA: 48 bits.
using SequenceNumber = std::uint64_t;
inline constexpr SequenceNumber kSequenceNumbers = SequenceNumber{1} << 48;
using SequenceOctets = std::array<std::uint8_t, 6>;
[[nodiscard]] SequenceOctets octets_of(SequenceNumber number);
[[nodiscard]] SequenceNumber number_of(std::span<const std::uint8_t, 6> octets);

class Milenage {
 public:
  static constexpr std::size_t kKeyOctets = 32;
  /// K | OPc, kKeyOctets; it outlives this.
  explicit Milenage(const Secret& k_and_opc);

  struct Answer {
    std::array<std::uint8_t, 8> res{};  ///< f2
    Secret ck;                          ///< f3
    Secret ik;                          ///< f4
    SequenceOctets ak{};                ///< f5
  };
  [[nodiscard]] Answer answer(const Block& rand) const;
  /// f5*: hides the card's own number from others.
  [[nodiscard]] SequenceOctets resynchronization_ak(const Block& rand) const;

  struct Macs {
    std::array<std::uint8_t, 8> network{};            ///< f1: MAC-A
    std::array<std::uint8_t, 8> resynchronization{};  ///< f1*: MAC-S
  };
  [[nodiscard]] Macs macs(const Block& rand, const SequenceOctets& sequence,
                          const std::array<std::uint8_t, 2>& amf) const;

  struct GsmAnswer {
    std::array<std::uint8_t, 4> sres{};
    std::array<std::uint8_t, 8> kc{};
  };
  [[nodiscard]] GsmAnswer gsm_answer(const Block& rand) const;

 private:
  /// E_K(rotated(input) ^ constant) ^ OPc, where the constant is the last octet's.
  [[nodiscard]] Block output(const Block& input, std::size_t rotate_octets, std::uint8_t constant,
                             const Block& added) const;
  [[nodiscard]] Block temp(const Block& rand) const;
  [[nodiscard]] Block with_opc(Block block) const;

  const Secret& k_and_opc_;
};

/// OPc of OP (TS 35.206 §4.1).
[[nodiscard]] Block opc_of(OctetView k, const Block& op);

}  // namespace keypact::eap
