// CERT payload. RFC 7296 §3.6. The certificate is opaque here.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<CertPayload> parse_cert(BodyReader& in) {
  CertPayload cert;
  TRY(const std::uint8_t encoding, in.u8());
  cert.encoding = static_cast<CertEncoding>(encoding);
  cert.data = to_octets(in.rest());
  return cert;
}

void encode(Writer& out, const CertPayload& payload) {
  out.u8(static_cast<std::uint8_t>(payload.encoding));
  out.octets(payload.data);
}

}  // namespace keypact::wire
