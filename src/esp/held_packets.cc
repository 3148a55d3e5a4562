#include "esp/held_packets.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"

namespace keypact::esp {
namespace {

std::size_t octets_of(const std::vector<HeldPackets::Held>& packets) {
  std::size_t sum = 0;
  for (const auto& held : packets) sum += held.packet.size();
  return sum;
}

}  // namespace

bool HeldPackets::Held::is_stale(Instant now) const { return now >= since + limits::kHeldLife; }

bool HeldPackets::hold(PolicyId policy, OctetView packet, Instant now) {
  if (octets_ + packet.size() > limits::kHeldOctets) return false;
  auto& queue = held_[policy];
  if (queue.size() >= limits::kHeldPackets) return false;
  queue.push_back({to_octets(packet), now});
  octets_ += packet.size();
  return true;
}

std::size_t HeldPackets::forget_stale(Instant now) {
  if (now < look_again_) return 0;
  look_again_ = now + seconds(1);
  std::size_t forgotten = 0;
  for (auto& [policy, queue] : held_) {
    const auto before = octets_of(queue);
    forgotten += std::erase_if(queue, [&](const Held& held) { return held.is_stale(now); });
    octets_ -= before - octets_of(queue);
  }
  std::erase_if(held_, [](const auto& entry) { return entry.second.empty(); });
  return forgotten;
}

void HeldPackets::release(PolicyId policy) { std::ranges::move(take(policy), std::back_inserter(released_)); }

std::vector<HeldPackets::Held> HeldPackets::take(PolicyId policy) {
  auto node = held_.extract(policy);
  if (node.empty()) return {};
  octets_ -= octets_of(node.mapped());
  return std::move(node.mapped());
}

std::vector<HeldPackets::Held> HeldPackets::take_released(std::size_t most) {
  const auto end = released_.begin() + static_cast<std::ptrdiff_t>(std::min(most, released_.size()));
  std::vector<Held> first(std::move_iterator(released_.begin()), std::move_iterator(end));
  released_.erase(released_.begin(), end);
  return first;
}

}  // namespace keypact::esp
