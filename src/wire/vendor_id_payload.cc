// Vendor ID payload. RFC 7296 §3.12.
#include "wire/codec.h"

namespace keypact::wire {

Parsed<VendorIdPayload> parse_vendor_id(BodyReader& in) { return VendorIdPayload{to_octets(in.rest())}; }

void encode(Writer& out, const VendorIdPayload& payload) { out.octets(payload.data); }

}  // namespace keypact::wire
