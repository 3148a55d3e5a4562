// SpiSocket: what comes from one peer to one SPI of ours while the kernel has no SA for it and drops it: a copy waits in the socket, as it
// came. ESP, AH (RFC 4303 §2.1, RFC 4302 §2.4) or ESP in UDP (RFC 3948 §2.1). Needs CAP_NET_RAW.
#pragma once

#include <functional>

#include "base/instant.h"
#include "base/ip_address.h"
#include "base/octets.h"
#include "base/result.h"
#include "io/file_descriptor.h"
#include "proto/spi.h"

namespace keypact::io {

enum class SpiCarrier : std::uint8_t { esp = 50, ah = 51, udp = 17 };  ///< as IP protocols

class SpiSocket {
 public:
  struct Options {
    Endpoint local;  ///< the port counts with UDP only
    IpAddress remote;
    EspSpi spi;
    SpiCarrier carrier{};
    int receive_buffer = 0;  ///< octets, as the kernel counts them: what does not fit is lost
  };
  [[nodiscard]] static Result<SpiSocket> open(const Options& options);

  struct Packet {
    std::uint8_t traffic_class = 0;  ///< of the IP header
    Duration age{};
    MutableOctets octets;              ///< without IP header; with that of UDP. Valid during the call
    std::uint16_t identification = 0;  ///< of the IPv4 header: AH protects it
  };
  /// All that waits, in the order in which it came.
  void take(const std::function<void(const Packet&)>& each);

 private:
  SpiSocket(FileDescriptor descriptor, const Options& options)
      : descriptor_(std::move(descriptor)), options_(options) {}
  FileDescriptor descriptor_;
  Options options_;
};

}  // namespace keypact::io
