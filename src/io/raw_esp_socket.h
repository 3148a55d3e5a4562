// RawEspSocket: IP protocol 50 of one address family, for ESP without UDP encapsulation (RFC 4303 §2). Needs CAP_NET_RAW.
// It sees every ESP packet of the machine, also those of the kernel's own IPsec: the SPI decides whose it is.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "io/datagram.h"

namespace keypact::io {

struct RawEspOptions {
  IpFamily family = IpFamily::v4;
  std::uint32_t mark = 0;  ///< SO_MARK on everything sent; 0: none
  int receive_buffer = 4 << 20;
  int send_buffer = 4 << 20;
};

class RawEspSocket {
 public:
  [[nodiscard]] static Result<RawEspSocket> open(const RawEspOptions& options);

  RawEspSocket(RawEspSocket&&) noexcept;
  RawEspSocket& operator=(RawEspSocket&&) noexcept;
  ~RawEspSocket();

  [[nodiscard]] int fd() const;

  /// As UdpSocket: the octets begin with the SPI; fragments were put together by the kernel.
  [[nodiscard]] Result<std::span<const ReceivedDatagram>> receive();
  /// As UdpSocket; ports are ignored.
  SendReport send(std::span<const OutgoingDatagram> batch);

 private:
  struct Implementation;
  explicit RawEspSocket(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
