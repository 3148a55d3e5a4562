#include "eap/usim.h"

#include <algorithm>

namespace keypact::eap {
namespace {

constexpr std::uint8_t kSeparation = 0x80;  // of the AMF's first octet

SequenceOctets hidden(SequenceOctets sequence, const SequenceOctets& ak) {
  for (std::size_t i = 0; i < sequence.size(); ++i) sequence[i] = static_cast<std::uint8_t>(sequence[i] ^ ak[i]);
  return sequence;
}

SequenceOctets front(OctetView octets) {
  SequenceOctets sequence;
  std::ranges::copy(octets.first(6), sequence.begin());
  return sequence;
}

}  // namespace

AkaVector make_vector(const Secret& k_and_opc, const Block& rand, SequenceNumber sequence, bool separated) {
  const Milenage milenage(k_and_opc);
  auto answer = milenage.answer(rand);
  const auto octets = octets_of(sequence);
  const std::array<std::uint8_t, 2> amf = {separated ? kSeparation : std::uint8_t{0}, 0};
  AkaVector vector{rand, {}, answer.res, std::move(answer.ck), std::move(answer.ik)};
  std::ranges::copy(hidden(octets, answer.ak), vector.autn.begin());
  std::ranges::copy(amf, vector.autn.begin() + 6);
  std::ranges::copy(milenage.macs(rand, octets, amf).network, vector.autn.begin() + 8);
  return vector;
}

std::optional<SequenceNumber> open_auts(const Secret& k_and_opc, const Block& rand, const Auts& auts) {
  const Milenage milenage(k_and_opc);
  const auto sequence = hidden(front(auts), milenage.resynchronization_ak(rand));
  const auto macs = milenage.macs(rand, sequence, {});
  if (!secret_equal(macs.resynchronization, OctetView(auts).subspan(6))) return std::nullopt;
  return number_of(sequence);
}

bool is_separated(const Autn& autn) { return (autn[6] & kSeparation) != 0; }

std::variant<CardAnswer, Resynchronize, FalseNetwork> answer_of_card(const Secret& k_and_opc, SequenceNumber last,
                                                                     const Block& rand, const Autn& autn) {
  const Milenage milenage(k_and_opc);
  auto answer = milenage.answer(rand);
  const auto sequence = hidden(front(autn), answer.ak);
  const auto macs = milenage.macs(rand, sequence, {autn[6], autn[7]});
  if (!secret_equal(macs.network, OctetView(autn).subspan(8))) return FalseNetwork{};
  // TS 33.102 §6.3.3: an old one is not answered, but told what would be new.
  if (number_of(sequence) <= last) {
    Resynchronize resynchronize;
    const auto own = octets_of(last);
    std::ranges::copy(hidden(own, milenage.resynchronization_ak(rand)), resynchronize.auts.begin());
    std::ranges::copy(milenage.macs(rand, own, {}).resynchronization, resynchronize.auts.begin() + 6);
    return resynchronize;
  }
  return CardAnswer{answer.res, std::move(answer.ck), std::move(answer.ik), number_of(sequence)};
}

}  // namespace keypact::eap
