// CERTREQ payload. RFC 7296 §3.7. It is a hint: an encoding that we do not know is no error, and the authorities are opaque.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<CertreqPayload> parse_certreq(BodyReader& in) {
  CertreqPayload request;
  TRY(const std::uint8_t encoding, in.u8());
  request.encoding = static_cast<CertEncoding>(encoding);
  request.authorities = to_octets(in.rest());
  return request;
}

void encode(Writer& out, const CertreqPayload& payload) {
  out.u8(static_cast<std::uint8_t>(payload.encoding));
  out.octets(payload.authorities);
}

}  // namespace keypact::wire
