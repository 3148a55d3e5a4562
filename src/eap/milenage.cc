#include "eap/milenage.h"

#include <algorithm>

#include "base/check.h"
#include "eap/digest.h"

namespace keypact::eap {
namespace {

Block exclusive_or(Block a, const Block& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
  return a;
}

template <std::size_t Count>
std::array<std::uint8_t, Count> part(const Block& block, std::size_t from) {
  std::array<std::uint8_t, Count> octets;
  std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(from), Count, octets.begin());
  return octets;
}

}  // namespace

SequenceOctets octets_of(SequenceNumber number) {
  SequenceOctets octets;
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(number >> (40 - 8 * i));
  return octets;
}

SequenceNumber number_of(std::span<const std::uint8_t, 6> octets) {
  SequenceNumber number = 0;
  for (const auto octet : octets) number = number << 8 | octet;
  return number;
}

Block opc_of(OctetView k, const Block& op) { return exclusive_or(aes_128_encrypt(k, op), op); }

Milenage::Milenage(const Secret& k_and_opc) : k_and_opc_(k_and_opc) { CHECK(k_and_opc.size() == kKeyOctets); }

Block Milenage::with_opc(Block block) const {
  Block opc;
  std::ranges::copy(k_and_opc_.reveal().subspan(16), opc.begin());
  return exclusive_or(block, opc);
}

Block Milenage::temp(const Block& rand) const { return aes_128_encrypt(k_and_opc_.reveal().first(16), with_opc(rand)); }

Block Milenage::output(const Block& input, std::size_t rotate_octets, std::uint8_t constant, const Block& added) const {
  Block rotated = with_opc(input);
  std::ranges::rotate(rotated, rotated.begin() + static_cast<std::ptrdiff_t>(rotate_octets));
  rotated[15] = static_cast<std::uint8_t>(rotated[15] ^ constant);
  return with_opc(aes_128_encrypt(k_and_opc_.reveal().first(16), exclusive_or(rotated, added)));
}

Milenage::Answer Milenage::answer(const Block& rand) const {
  const Block first = temp(rand);
  const Block out2 = output(first, 0, 1, {});
  Block out3 = output(first, 4, 2, {});
  Block out4 = output(first, 8, 4, {});
  Answer answer{part<8>(out2, 8), Secret::copy_of(out3), Secret::copy_of(out4), part<6>(out2, 0)};
  wipe_octets(out3);
  wipe_octets(out4);
  return answer;
}

SequenceOctets Milenage::resynchronization_ak(const Block& rand) const {
  return part<6>(output(temp(rand), 12, 8, {}), 0);
}

Milenage::Macs Milenage::macs(const Block& rand, const SequenceOctets& sequence,
                              const std::array<std::uint8_t, 2>& amf) const {
  Block input;
  for (const std::ptrdiff_t half : {0, 8}) {
    std::ranges::copy(sequence, input.begin() + half);
    std::ranges::copy(amf, input.begin() + half + 6);
  }
  const Block out1 = output(input, 8, 0, temp(rand));
  return {part<8>(out1, 0), part<8>(out1, 8)};
}

Milenage::GsmAnswer Milenage::gsm_answer(const Block& rand) const {
  const auto umts = answer(rand);
  GsmAnswer gsm;
  for (std::size_t i = 0; i < 4; ++i) gsm.sres[i] = static_cast<std::uint8_t>(umts.res[i] ^ umts.res[i + 4]);
  const auto ck = umts.ck.reveal();
  const auto ik = umts.ik.reveal();
  for (std::size_t i = 0; i < 8; ++i) gsm.kc[i] = static_cast<std::uint8_t>(ck[i] ^ ck[i + 8] ^ ik[i] ^ ik[i + 8]);
  return gsm;
}

}  // namespace keypact::eap
