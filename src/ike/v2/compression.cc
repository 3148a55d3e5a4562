#include "ike/v2/compression.h"

#include "base/reader.h"
#include "base/writer.h"

namespace keypact::ike::v2 {

bool may_compress(const Options& options, const IkeSaRecord& record, const config::ChildConfig& child, Mode mode) {
  return child.compress && !options.esp_tunnels_only && !record.udp_encapsulation && !record.nat.any() &&
         mode != Mode::beet;
}

wire::Payload compression_notify(Cpi inbound) {
  Writer data;
  data.u16(inbound.value);
  data.u8(static_cast<std::uint8_t>(IpcompTransform::IPCOMP_DEFLATE));
  return notify_payload(NotifyType::IPCOMP_SUPPORTED, std::move(data).take());
}

std::optional<Cpi> compression_named_in(const PayloadSet& payloads) {
  for (const auto* notify : payloads.notifies(NotifyType::IPCOMP_SUPPORTED)) {
    Reader data(notify->data);
    const auto cpi = data.u16();
    const auto transform = data.u8();
    if (!cpi || !transform || *transform != static_cast<std::uint8_t>(IpcompTransform::IPCOMP_DEFLATE)) continue;
    if (*cpi >= kFirstNegotiatedCpi.value && *cpi <= kLastNegotiatedCpi.value) return Cpi{*cpi};
  }
  return std::nullopt;
}

}  // namespace keypact::ike::v2
