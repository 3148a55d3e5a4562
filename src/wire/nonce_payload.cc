// Nonce payload. RFC 7296 §3.9.
#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {

Parsed<NoncePayload> parse_nonce(BodyReader& in) {
  if (in.remaining() < limits::kNonceMinOctets || in.remaining() > limits::kNonceMaxOctets)
    return in.error(ParseErrorCode::nonce_length);
  return NoncePayload{to_octets(in.rest())};
}

void encode(Writer& out, const NoncePayload& payload) { out.octets(payload.nonce); }

}  // namespace keypact::wire
