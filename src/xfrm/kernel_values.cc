#include "xfrm/kernel_values.h"

#include <bit>

namespace keypact::xfrm {
namespace {

// AF_INET and AF_INET6 of Linux, whose headers are not for us.
constexpr std::uint16_t kInet = 2;
constexpr std::uint16_t kInet6 = 10;

}  // namespace

xfrm_address_t to_kernel(const IpAddress& address) {
  auto result = zeroed<xfrm_address_t>();
  std::memcpy(&result, address.octets().data(), address.octets().size());
  return result;
}

IpAddress address_from(const xfrm_address_t& address, std::uint16_t family) {
  const auto octets = octets_of(address);
  return *IpAddress::from_octets(family == kInet6 ? octets : octets.first(4));
}

std::uint16_t to_kernel(IpFamily family) { return family == IpFamily::v6 ? kInet6 : kInet; }

std::uint8_t to_kernel(Mode mode) {
  switch (mode) {
    case Mode::tunnel: return XFRM_MODE_TUNNEL;
    case Mode::transport: return XFRM_MODE_TRANSPORT;
    case Mode::beet: return XFRM_MODE_BEET;
  }
  return XFRM_MODE_TUNNEL;
}

Mode mode_from(std::uint8_t mode) {
  switch (mode) {
    case XFRM_MODE_TUNNEL: return Mode::tunnel;
    case XFRM_MODE_BEET: return Mode::beet;
    default: return Mode::transport;
  }
}

std::uint16_t network_order(std::uint16_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}

std::uint32_t network_order(std::uint32_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

void put_mark(Message& message, const Mark& mark) {
  if (mark.is_any()) return;
  auto value = zeroed<xfrm_mark>();
  value.v = mark.value;
  value.m = mark.mask;
  message.structure(XFRMA_MARK, value);
}

Mark mark_in(const MessageView& message, std::size_t body_octets) {
  const auto payload = message.attribute(body_octets, XFRMA_MARK);
  const auto value = payload ? structure_from<xfrm_mark>(*payload) : std::nullopt;
  return value ? Mark{value->v, value->m} : Mark{};
}

}  // namespace keypact::xfrm
