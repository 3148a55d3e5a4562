#include "xfrm/policy_hash.h"

#include <linux/xfrm.h>

namespace keypact::xfrm {
namespace {

std::uint16_t attribute_of(IpFamily family) {
  return family == IpFamily::v4 ? XFRMA_SPD_IPV4_HTHRESH : XFRMA_SPD_IPV6_HTHRESH;
}

}  // namespace

Message set_hashed_bits(IpFamily family, HashedBits bits) {
  auto thresholds = zeroed<xfrmu_spdhthresh>();
  thresholds.lbits = bits.local;
  thresholds.rbits = bits.remote;
  Message message(XFRM_MSG_NEWSPDINFO, NLM_F_ACK);
  message.body(~std::uint32_t{0}).structure(attribute_of(family), thresholds);
  return message;
}

Message get_hashed_bits() { return std::move(Message(XFRM_MSG_GETSPDINFO, NLM_F_ACK).body(~std::uint32_t{0})); }

std::optional<HashedBits> read_hashed_bits(const MessageView& message, IpFamily family) {
  if (message.type() != XFRM_MSG_NEWSPDINFO) return std::nullopt;
  const auto payload = message.attribute(sizeof(std::uint32_t), attribute_of(family));
  const auto thresholds = payload ? structure_from<xfrmu_spdhthresh>(*payload) : std::nullopt;
  if (!thresholds) return std::nullopt;
  return HashedBits{thresholds->lbits, thresholds->rbits};
}

PolicyHash::PolicyHash(IpFamily family) : family_(family), bits_(family == IpFamily::v4 ? 32 : 128) {}

/// Of the three policies of a tunnel the outbound one counts.
std::size_t* PolicyHash::count_of(const PolicyKey& key) {
  const auto& remote = key.selector.destination;
  const bool counts = key.direction == Direction::out && remote.address.family() == family_;
  return counts ? &counts_.at(static_cast<std::size_t>(remote.length)) : nullptr;
}

void PolicyHash::add(const PolicyKey& key) {
  auto* count = count_of(key);
  if (count == nullptr) return;
  ++*count;
  ++policies_;
}

void PolicyHash::remove(const PolicyKey& key) {
  auto* count = count_of(key);
  if (count == nullptr || *count == 0) return;
  --*count;
  --policies_;
}

std::optional<HashedBits> PolicyHash::best() {
  if (policies_ <= kShorter) return std::nullopt;
  std::size_t shorter = 0;
  std::uint8_t bits = 0;
  while (bits < bits_ && shorter + counts_.at(bits) <= kShorter) shorter += counts_.at(bits++);
  bits_ = bits;
  return HashedBits{0, bits_};
}

}  // namespace keypact::xfrm
