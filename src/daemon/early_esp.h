// EarlyEsp: what peers send on Child SAs that they are offered, before the kernel has those: the kernel drops it, so a copy waits, not
// decrypted, until the SA is there, and is then given to the kernel as if it had just come. RFC 7296 §1.2, §2.15.
#pragma once

#include <map>

#include "daemon/backend.h"
#include "io/spi_socket.h"
#include "io/tun_device.h"
#include "ipsec/stack.h"

namespace keypact::daemon {

class EarlyEsp {
 public:
  static constexpr std::size_t kMostOffers = 256;
  /// What the kernel's buffer for one of them takes, its own overhead included.
  static constexpr std::size_t kOctetsOfOffer = std::size_t{256} << 10;

  /// By `device` they come into the kernel: so its policies apply, as they would not by the loopback interface. It outlives this object.
  explicit EarlyEsp(io::TunDevice& device) : device_(device) {}

  /// For more than kMostOffers at a time nothing waits.
  void expect(const ipsec::ExpectChildSa& offer);
  /// Nothing comes of it.
  void forgo(EspSpi spi);
  /// The kernel has its SA.
  void release(EspSpi spi);

  /// Dropped is what was too old when the SA was there, what the kernel did not take, and of what offers nothing came.
  [[nodiscard]] const Backend::EarlyPackets& counters() const { return counters_; }
  [[nodiscard]] std::size_t offers() const { return offers_.size(); }

 private:
  struct Listener {
    io::SpiSocket socket;
    io::SpiCarrier carrier{};
  };
  struct Offer {
    IpAddress local;
    IpAddress remote;
    std::vector<Listener> listeners;
  };

  io::TunDevice& device_;
  std::map<EspSpi, Offer> offers_;
  Backend::EarlyPackets counters_;
};

}  // namespace keypact::daemon
