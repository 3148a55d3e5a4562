// Delete payload. RFC 7296 §3.11.
#include "base/limits.h"
#include "wire/codec.h"

namespace keypact::wire {
namespace {

constexpr std::uint8_t kEspSpiOctets = 4;

}  // namespace

Parsed<DeletePayload> parse_delete(BodyReader& in) {
  using enum ParseErrorCode;
  DeletePayload payload;
  TRY(const std::uint8_t protocol, in.u8());
  payload.protocol = static_cast<ProtocolId>(protocol);
  TRY(const std::uint8_t spi_size, in.u8());
  TRY(const std::uint16_t count, in.u16());
  switch (payload.protocol) {
    case ProtocolId::IKE:
      if (spi_size != 0 || count != 0) return in.error(spi_size_mismatch);
      return payload;
    case ProtocolId::AH:
    case ProtocolId::ESP:
      if (spi_size != kEspSpiOctets) return in.error(spi_size_mismatch);
      break;
    default: return in.error(spi_size_mismatch);
  }
  if (count > limits::kDeleteSpis) return in.error(too_many_spis);
  if (in.remaining() < std::size_t{count} * kEspSpiOctets) return in.error(payload_truncated);
  payload.spis.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    TRY(const std::uint32_t spi, in.u32());
    payload.spis.push_back(EspSpi{spi});
  }
  return payload;
}

void encode(Writer& out, const DeletePayload& payload) {
  const bool is_ike = payload.protocol == ProtocolId::IKE;
  CHECK(payload.spis.size() <= limits::kDeleteSpis && (!is_ike || payload.spis.empty()));
  out.u8(static_cast<std::uint8_t>(payload.protocol));
  out.u8(is_ike ? 0 : kEspSpiOctets);
  out.u16(static_cast<std::uint16_t>(payload.spis.size()));
  for (const auto spi : payload.spis) out.u32(spi.value);
}

}  // namespace keypact::wire
