// CP payload. RFC 7296 §3.15. The length that an attribute's value must have is for the one who uses it.
#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

constexpr std::uint16_t kReservedBit = 0x8000;

}  // namespace

Parsed<CpPayload> parse_cp(BodyReader& in) {
  using enum ParseErrorCode;
  CpPayload cp;
  TRY(const std::uint8_t type, in.u8());
  cp.type = static_cast<CpType>(type);
  TRY_VOID(in.reserved(3));
  TRY(BodyReader list, in.part(in.remaining(), configuration_malformed));
  while (!list.at_end()) {
    if (cp.attributes.size() == limits::kConfigurationAttributes) return list.error(too_many_attributes);
    TRY(const std::uint16_t attribute_type, list.u16());
    list.reserved_bits(attribute_type & kReservedBit);
    TRY(const std::uint16_t length, list.u16());
    TRY(const auto value, list.octets(length));
    cp.attributes.push_back({static_cast<CpAttributeType>(attribute_type & ~kReservedBit), to_octets(value)});
  }
  return cp;
}

void encode(Writer& out, const CpPayload& payload) {
  out.u8(static_cast<std::uint8_t>(payload.type));
  out.zeros(3);
  for (const auto& attribute : payload.attributes) {
    out.u16(static_cast<std::uint16_t>(static_cast<std::uint16_t>(attribute.type) & ~kReservedBit));
    out.length_prefixed(2, 0, [&](Writer& value) { value.octets(attribute.value); });
  }
}

}  // namespace keypact::wire
