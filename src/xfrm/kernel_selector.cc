#include "xfrm/kernel_selector.h"

namespace keypact::xfrm {

xfrm_selector to_kernel(const Selector& selector) {
  auto result = zeroed<xfrm_selector>();
  result.saddr = to_kernel(selector.source.address);
  result.daddr = to_kernel(selector.destination.address);
  result.prefixlen_s = static_cast<std::uint8_t>(selector.source.length);
  result.prefixlen_d = static_cast<std::uint8_t>(selector.destination.length);
  result.family = to_kernel(selector.source.address.family());
  result.proto = selector.protocol;
  result.sport = network_order(selector.source_port.value);
  result.sport_mask = network_order(selector.source_port.mask);
  result.dport = network_order(selector.destination_port.value);
  result.dport_mask = network_order(selector.destination_port.mask);
  return result;
}

Selector selector_from(const xfrm_selector& selector) {
  return {{address_from(selector.saddr, selector.family), selector.prefixlen_s},
          {address_from(selector.daddr, selector.family), selector.prefixlen_d},
          selector.proto,
          {network_order(selector.sport), network_order(selector.sport_mask)},
          {network_order(selector.dport), network_order(selector.dport_mask)}};
}

}  // namespace keypact::xfrm
