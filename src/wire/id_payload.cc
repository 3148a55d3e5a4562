// IDi and IDr payloads. RFC 7296 §3.5. Whether a name is well formed is for the one who compares it.
#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

bool length_fits(IdType type, std::size_t octets) {
  switch (type) {
    case IdType::ID_IPV4_ADDR: return octets == 4;
    case IdType::ID_IPV6_ADDR: return octets == 16;
    case IdType::ID_FQDN:
    case IdType::ID_RFC822_ADDR:
    case IdType::ID_DER_ASN1_DN:
    case IdType::ID_DER_ASN1_GN: return octets > 0;
    // RFC 7619 §2.2: the Identification Data of ID_NULL is empty.
    case IdType::ID_NULL: return octets == 0;
    default: return true;
  }
}

}  // namespace

Parsed<IdPayload> parse_id(BodyReader& in) {
  IdPayload id;
  id.role = in.payload();
  TRY(const std::uint8_t type, in.u8());
  id.id.type = static_cast<IdType>(type);
  TRY_VOID(in.reserved(3));
  if (in.remaining() > limits::kIdentificationOctets || !length_fits(id.id.type, in.remaining()))
    return in.error(ParseErrorCode::identification_length);
  id.id.data = to_octets(in.rest());
  return id;
}

void encode(Writer& out, const IdPayload& payload) {
  out.u8(static_cast<std::uint8_t>(payload.id.type));
  out.zeros(3);
  out.octets(payload.id.data);
}

Octets IdPayload::body() const {
  Writer out(4 + id.data.size());
  encode(out, *this);
  return std::move(out).take();
}

}  // namespace keypact::wire
