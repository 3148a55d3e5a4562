// Notify payload. RFC 7296 §3.10. What the data of a notify type must look like is for the one who handles it.
#include "wire/codec.h"

namespace keypact::wire {
namespace {

/// RFC 7296 §1.3.3 and §3.10: REKEY_SA names the Child SA by protocol and SPI, and means nothing without. Other types
/// with a protocol or an SPI that they should not have are kept: to refuse the whole message for a status notify that
/// its handler may ignore would help nobody.
bool spi_fits(const NotifyPayload& notify) {
  if (notify.type != NotifyType::REKEY_SA) return true;
  return (notify.protocol == ProtocolId::AH || notify.protocol == ProtocolId::ESP) && notify.spi.size() == 4;
}

}  // namespace

Parsed<NotifyPayload> parse_notify(BodyReader& in) {
  NotifyPayload notify;
  TRY(const std::uint8_t protocol, in.u8());
  notify.protocol = static_cast<ProtocolId>(protocol);
  TRY(const std::uint8_t spi_size, in.u8());
  TRY(const std::uint16_t type, in.u16());
  notify.type = static_cast<NotifyType>(type);
  TRY(const auto spi, in.octets(spi_size));
  notify.spi = to_octets(spi);
  if (!spi_fits(notify)) return in.error(ParseErrorCode::spi_size_mismatch);
  notify.data = to_octets(in.rest());
  return notify;
}

void encode(Writer& out, const NotifyPayload& payload) {
  CHECK(payload.spi.size() <= 255);
  out.u8(static_cast<std::uint8_t>(payload.protocol));
  out.u8(static_cast<std::uint8_t>(payload.spi.size()));
  out.u16(static_cast<std::uint16_t>(payload.type));
  out.octets(payload.spi);
  out.octets(payload.data);
}

}  // namespace keypact::wire
