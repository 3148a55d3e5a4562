#include "ike/v2/intermediate.h"

#include "base/writer.h"

namespace keypact::ike::v2 {
void IntermediateAuth::add(crypto::Library& library, const IkeKeys& keys, OctetView request, OctetView response) {
  // IntAuth_iN = prf(SK_piN, IntAuth_iN-1 | IntAuth_iNA [| IntAuth_iNP]), and the same for the responder.
  initiator_ = to_octets(crypto::prf(library, keys.prf, keys.pi.reveal(), {initiator_, request}).reveal());
  responder_ = to_octets(crypto::prf(library, keys.prf, keys.pr.reveal(), {responder_, response}).reveal());
  ++exchanges_;
  Writer all;
  all.octets(initiator_);
  all.octets(responder_);
  all.u32(next_id());
  octets_ = std::move(all).take();
}

Octets covered_octets(const wire::Header& header, const std::vector<wire::Payload>& payloads) {
  const auto text = wire::encode_payload_chain(payloads);
  const auto first = payloads.empty() ? PayloadType::None : wire::type_of(payloads.front());
  auto covered = wire::encode_encrypted_prefix(header, first, text.size());
  append(covered, text);
  return covered;
}

Octets covered_octets(OctetView datagram, const wire::EncryptedPart& part, OctetView text) {
  constexpr std::size_t kNextPayload = 16;
  constexpr std::size_t kLength = 24;
  constexpr std::size_t kFragmentNumbers = 4;
  constexpr std::size_t kPayloadLength = 2;
  const auto generic_end = part.associated_octets - (part.is_fragment ? kFragmentNumbers : 0);
  const auto generic = generic_end - wire::kGenericHeaderOctets;
  Writer covered;
  covered.octets(datagram.first(kNextPayload));
  // A message in fragments counts as the whole one: SK where it says SKF. What stood in clear before SKF breaks AUTH.
  covered.u8(part.is_fragment ? static_cast<std::uint8_t>(PayloadType::SK) : datagram[kNextPayload]);
  covered.octets(datagram.subspan(kNextPayload + 1, kLength - kNextPayload - 1));
  // Neither length counts the IV, the padding and the ICV.
  covered.u32(static_cast<std::uint32_t>(generic_end + text.size()));
  covered.octets(datagram.subspan(wire::kHeaderOctets,
                                  generic + wire::kGenericHeaderOctets - kPayloadLength - wire::kHeaderOctets));
  covered.u16(static_cast<std::uint16_t>(wire::kGenericHeaderOctets + text.size()));
  covered.octets(text);
  return std::move(covered).take();
}

}  // namespace keypact::ike::v2
