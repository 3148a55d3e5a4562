#include "ike/core/fragmentation.h"

#include <algorithm>

#include "base/limits.h"

namespace keypact::ike {
namespace {

// RFC 7383 §2.5.1: the sizes that pass nearly everywhere.
constexpr std::size_t kSafeV4 = 576;
constexpr std::size_t kSafeV6 = 1280;
constexpr std::size_t kSkfHeaderOctets = 8;

}  // namespace

bool sends_fragments(config::Tristate setting) {
  return setting == config::Tristate::yes || setting == config::Tristate::force;
}

FragmentationUse fragmentation_use(config::Tristate setting, const PayloadSet& peer) {
  const bool both =
      setting != config::Tristate::no && peer.notify(NotifyType::IKEV2_FRAGMENTATION_SUPPORTED) != nullptr;
  return {both, both && sends_fragments(setting), 0};
}

std::size_t smallest_threshold(IpFamily family) { return family == IpFamily::v4 ? kSafeV4 : kSafeV6; }

std::size_t first_threshold(std::size_t configured, IpFamily family) {
  return configured == 0 ? smallest_threshold(family) : configured;
}

std::optional<std::size_t> next_threshold(std::size_t octets, IpFamily family) {
  // RFC 7383 §2.5.2: a search downwards, in few and large steps.
  if (octets > kSafeV6) return kSafeV6;
  if (octets > smallest_threshold(family)) return smallest_threshold(family);
  return std::nullopt;
}

std::size_t fragment_capacity(const crypto::PacketSizes& sizes, const Envelope& envelope, std::size_t threshold) {
  const auto around = envelope.octets() + wire::kHeaderOctets + kSkfHeaderOctets + sizes.iv + sizes.icv;
  const auto room = threshold > around ? threshold - around : 0;
  const auto padded = room / sizes.block * sizes.block;
  return padded > 1 ? padded - 1 : 1;  // the last octet is the Pad Length
}

std::vector<ProtectedPart> cut(PayloadType first, OctetView text, std::size_t capacity) {
  const auto at_least = (text.size() + limits::kFragments - 1) / limits::kFragments;
  const auto share = std::max({capacity, at_least, std::size_t{1}});
  const auto total = std::max<std::size_t>((text.size() + share - 1) / share, 1);
  std::vector<ProtectedPart> parts;
  for (std::size_t i = 0; i < total; ++i) {
    const auto octets = text.subspan(i * share, std::min(share, text.size() - i * share));
    parts.push_back({i == 0 ? first : PayloadType::None, octets, static_cast<std::uint16_t>(i + 1),
                     static_cast<std::uint16_t>(total)});
  }
  return parts;
}

}  // namespace keypact::ike
