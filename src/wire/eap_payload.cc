// EAP payload. RFC 7296 §3.16. Only the length is checked; the rest of the packet is for eap.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<EapPayload> parse_eap(BodyReader& in) {
  const std::size_t present = in.remaining();
  BodyReader packet = in;
  TRY_VOID(packet.octets(2));  // code, identifier
  TRY(const std::uint16_t length, packet.u16());
  if (length != present) return in.error(ParseErrorCode::eap_length_mismatch);
  return EapPayload{to_octets(in.rest())};
}

void encode(Writer& out, const EapPayload& payload) { out.octets(payload.message); }

}  // namespace keypact::wire
