#include "provision/uuid.h"

#include "crypto/prf.h"

namespace keypact::provision {
namespace {

constexpr std::array<std::uint8_t, 16> kOfDnsNames = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                                      0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

}  // namespace

std::string uuid_of(std::string_view name) {
  crypto::Library library;
  auto octets = crypto::sha1(library, {kOfDnsNames, as_octets(name)});
  octets[6] = static_cast<std::uint8_t>((octets[6] & 0x0f) | 0x50);  // version 5
  octets[8] = static_cast<std::uint8_t>((octets[8] & 0x3f) | 0x80);  // the variant
  auto text = to_hex(OctetView(octets).first(16));
  for (const auto at : {20u, 16u, 12u, 8u}) text.insert(at, 1, '-');
  return text;
}

}  // namespace keypact::provision
