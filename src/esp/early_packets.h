// EarlyPackets: ESP that comes before its SA is there. A peer that has answered may send at once, while the keys of its answer are
// still computed here. Some of it is kept for a moment; anybody can send what looks like it.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "esp/output_batch.h"
#include "esp/rate_limit.h"
#include "proto/spi.h"

namespace keypact::esp {

class EarlyPackets {
 public:
  /// A copy, unless they come too fast. Where there is no room the oldest one goes.
  void keep(const OuterPacket& packet, EspSpi spi, Instant now);
  /// The SA is there.
  void release(EspSpi spi);

  class Early {
   public:
    Early(const OuterPacket& packet, EspSpi spi, Instant since)
        : packet_(packet), octets_(packet.octets.begin(), packet.octets.end()), spi_(spi), since_(since) {}
    /// Its octets are this object's.
    [[nodiscard]] OuterPacket packet();
    [[nodiscard]] EspSpi spi() const { return spi_; }
    [[nodiscard]] std::size_t size() const { return octets_.size(); }
    [[nodiscard]] bool is_stale(Instant now) const;

   private:
    OuterPacket packet_;
    Octets octets_;
    EspSpi spi_;
    Instant since_;
  };
  [[nodiscard]] bool has_released() const { return !released_.empty(); }
  /// In the order in which they came.
  [[nodiscard]] std::vector<Early> take_released() { return std::exchange(released_, {}); }

 private:
  void drop_oldest();

  std::deque<Early> kept_;
  std::vector<Early> released_;
  std::size_t octets_ = 0;  ///< of what is kept
  RateLimit rate_{kPerSecond};

  static constexpr std::uint32_t kPerSecond = 1024;
};

}  // namespace keypact::esp
