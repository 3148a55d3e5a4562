// KE payload. RFC 7296 §3.4. Whether the data has the length of its method is for crypto to say.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<KePayload> parse_ke(BodyReader& in) {
  KePayload ke;
  TRY(const std::uint16_t method, in.u16());
  ke.method = static_cast<KeyExchangeMethod>(method);
  TRY_VOID(in.reserved(2));
  if (in.at_end()) return in.error(ParseErrorCode::payload_truncated);  // no method has an empty public value
  ke.data = to_octets(in.rest());
  return ke;
}

void encode(Writer& out, const KePayload& payload) {
  out.u16(static_cast<std::uint16_t>(payload.method));
  out.zeros(2);
  out.octets(payload.data);
}

}  // namespace keypact::wire
