// A payload that we do not process. RFC 7296 §2.5.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<UnknownPayload> parse_unknown(BodyReader& in) { return UnknownPayload{in.payload(), to_octets(in.rest())}; }

void encode(Writer& out, const UnknownPayload& payload) { out.octets(payload.body); }

}  // namespace keypact::wire
