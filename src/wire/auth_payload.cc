// AUTH payload. RFC 7296 §3.8. The Authentication Data is opaque here.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<AuthPayload> parse_auth(BodyReader& in) {
  AuthPayload auth;
  TRY(const std::uint8_t method, in.u8());
  auth.method = static_cast<AuthMethod>(method);
  TRY_VOID(in.reserved(3));
  auth.data = to_octets(in.rest());
  return auth;
}

void encode(Writer& out, const AuthPayload& payload) {
  out.u8(static_cast<std::uint8_t>(payload.method));
  out.zeros(3);
  out.octets(payload.data);
}

}  // namespace keypact::wire
