#include "esp/early_packets.h"

#include "base/limits.h"

namespace keypact::esp {

OuterPacket EarlyPackets::Early::packet() {
  auto packet = packet_;
  packet.octets = octets_;
  return packet;
}

bool EarlyPackets::Early::is_stale(Instant now) const { return now - since_ > limits::kEarlyLife; }

void EarlyPackets::keep(const OuterPacket& packet, EspSpi spi, Instant now) {
  const auto size = packet.octets.size();
  if (size > limits::kEarlyOctets || !rate_.permits(now)) return;
  while (kept_.size() >= limits::kEarlyPackets || octets_ + size > limits::kEarlyOctets) drop_oldest();
  kept_.emplace_back(packet, spi, now);
  octets_ += size;
}

void EarlyPackets::drop_oldest() {
  octets_ -= kept_.front().size();
  kept_.pop_front();
}

void EarlyPackets::release(EspSpi spi) {
  std::deque<Early> others;
  for (auto& early : kept_) {
    if (early.spi() == spi) {
      octets_ -= early.size();
      released_.push_back(std::move(early));
    } else {
      others.push_back(std::move(early));
    }
  }
  kept_ = std::move(others);
}

}  // namespace keypact::esp
