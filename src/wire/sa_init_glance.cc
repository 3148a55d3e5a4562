#include "wire/sa_init_glance.h"

#include "base/limits.h"
#include "base/reader.h"
#include "proto/notify_type.h"
#include "proto/payload_registries.h"

namespace keypact::wire {
namespace {

constexpr std::size_t kGenericHeader = 4;

/// RFC 7296 §3.10: protocol, SPI size, type, SPI, data.
OctetView cookie_of(OctetView notify) {
  Reader in(notify);
  const auto protocol = in.u8();
  const auto spi_octets = in.u8();
  const auto type = in.u16();
  if (!protocol || !spi_octets || !type || *type != static_cast<std::uint16_t>(NotifyType::COOKIE)) return {};
  return in.skip(*spi_octets) ? in.rest() : OctetView();
}

}  // namespace

std::optional<SaInitGlance> glance_at_sa_init(const Header& header, OctetView datagram) {
  Reader in(datagram);
  if (!in.skip(kHeaderOctets)) return std::nullopt;
  SaInitGlance glance;
  bool has_method = false;
  auto type = header.next_payload;
  for (std::size_t count = 0; type != PayloadType::None; ++count) {
    const auto next = in.u8();
    const auto flags = in.u8();
    const auto length = in.u16();
    if (count == limits::kPayloads || !next || !flags || !length || *length < kGenericHeader) return std::nullopt;
    const auto body = in.octets(*length - kGenericHeader);
    if (!body) return std::nullopt;
    if (type == PayloadType::N && count == 0) glance.cookie = cookie_of(*body);
    if (type == PayloadType::Nonce) glance.nonce = *body;
    if (type == PayloadType::KE) {
      const auto method = Reader(*body).u16();
      if (!method) return std::nullopt;
      glance.method = static_cast<KeyExchangeMethod>(*method);
      has_method = true;
    }
    type = static_cast<PayloadType>(*next);
  }
  const bool nonce_fits =
      glance.nonce.size() >= limits::kNonceMinOctets && glance.nonce.size() <= limits::kNonceMaxOctets;
  return in.finish() && nonce_fits && has_method ? std::optional(glance) : std::nullopt;
}

}  // namespace keypact::wire
