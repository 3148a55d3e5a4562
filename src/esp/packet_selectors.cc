#include "esp/packet_selectors.h"

namespace keypact::esp {
namespace {

AddressNumber number_of(const IpAddress& address) {
  AddressNumber number;
  for (const auto octet : address.octets()) {
    number.high = number.high << 8 | number.low >> 56;
    number.low = number.low << 8 | octet;
  }
  return number;
}

bool covers_port(PortRange range, PacketPort port) {
  if (range.is_any()) return true;
  switch (port.knowledge) {
    case PortKnowledge::known: return range.first <= port.value && port.value <= range.last;
    // RFC 4301 §7: a selector with particular ports never matches a packet that does not show them.
    case PortKnowledge::opaque: return range.is_opaque();
    case PortKnowledge::matches: return true;
  }
  return false;
}

}  // namespace

SelectorSet::SelectorSet(const std::vector<TrafficSelector>& selectors) {
  ranges_.reserve(selectors.size());
  for (const auto& selector : selectors) {
    ranges_.push_back(Range{number_of(selector.first), number_of(selector.last), selector.family(), selector.protocol,
                            selector.ports});
  }
}

bool SelectorSet::covers(const PacketSelectors& packet, const AddressNumber& address, PacketPort port) const {
  for (const auto& range : ranges_) {
    if (range.family != packet.family || address < range.first || range.last < address) continue;
    if (range.protocol == kAnyProtocol) return true;
    if (packet.protocol_known && packet.protocol == range.protocol && covers_port(range.ports, port)) return true;
  }
  return false;
}

}  // namespace keypact::esp
