#include "esp/demux.h"

#include "base/check.h"
#include "esp/byte_order.h"

namespace keypact::esp {
namespace {

// RFC 7296 §3.1: an IKE header has 28 octets. Whether the rest is a message is for its parser to say.
constexpr std::size_t kIkeHeaderOctets = 28;
// RFC 4303 §2: SPI and sequence number; the payload, the trailer and the ICV depend on the SA.
constexpr std::size_t kEspHeaderOctets = 8;

}  // namespace

DatagramKind classify(OctetView payload) {
  if (payload.size() == 1 && payload[0] == kKeepaliveOctet) return DatagramKind::keepalive;
  if (payload.size() <= kEspHeaderOctets) return DatagramKind::garbage;
  if (load32(payload.first<4>()) != 0) return DatagramKind::esp;
  return payload.size() >= kNonEspMarkerOctets + kIkeHeaderOctets ? DatagramKind::ike : DatagramKind::garbage;
}

OctetView ike_message_of(OctetView payload) {
  CHECK(payload.size() >= kNonEspMarkerOctets);
  return payload.subspan(kNonEspMarkerOctets);
}

}  // namespace keypact::esp
