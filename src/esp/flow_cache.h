// FlowCache: the SA of recently seen flows, so that the SPD is searched for the first packet of a flow only. RFC 4301 §4.4.1
// calls it the SPD-S cache. Any change of the databases empties it.
#pragma once

#include <vector>

#include "esp/packet_selectors.h"
#include "proto/spi.h"

namespace keypact::esp {

class FlowCache {
 public:
  /// `entries` is a power of two. A flow displaces another with the same place.
  explicit FlowCache(std::size_t entries = 1024) : entries_(entries) {}

  /// The inbound SPI of the pair that carries the flow; 0 when it is not known.
  [[nodiscard]] EspSpi find(const PacketSelectors& flow) const {
    const Entry& entry = entries_[place_of(flow)];
    return entry.epoch == epoch_ && entry.flow == flow ? entry.sa : EspSpi{};
  }
  void remember(const PacketSelectors& flow, EspSpi sa) { entries_[place_of(flow)] = {flow, sa, epoch_}; }
  void forget_all() { ++epoch_; }

 private:
  struct Entry {
    PacketSelectors flow;
    EspSpi sa;
    std::uint64_t epoch = 0;
  };

  [[nodiscard]] std::size_t place_of(const PacketSelectors& flow) const {
    constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15U;
    std::uint64_t hash =
        std::uint64_t{flow.source_port.value} << 32 | std::uint64_t{flow.destination_port.value} << 16 | flow.protocol;
    for (const auto part : {flow.source.high, flow.source.low, flow.destination.high, flow.destination.low}) {
      hash = (hash ^ part) * kOdd;
      hash ^= hash >> 32;
    }
    return hash & (entries_.size() - 1);
  }

  std::vector<Entry> entries_;
  std::uint64_t epoch_ = 1;
};

}  // namespace keypact::esp
