// recvmmsg and sendmmsg with all that rides along: local addresses, traffic class, DF. For the .cc files of io only.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "io/datagram.h"
#include "io/socket_address.h"

namespace keypact::io {

/// Room for the control messages of one datagram: packet info, traffic class, segment size.
inline constexpr std::size_t kControlOctets = 128;

/// What a socket reads into.
class DatagramReceiver {
 public:
  /// `port`: the local port that is told with each datagram. `ip_header`: an IPv4 header comes before the payload.
  DatagramReceiver(IpFamily family, std::uint16_t port, bool ip_header);
  /// Asks the kernel for local addresses and traffic class. False: errno tells why not.
  [[nodiscard]] static bool prepare(int fd, IpFamily family);
  [[nodiscard]] Result<std::span<const ReceivedDatagram>> receive(int fd);

 private:
  void take(const mmsghdr& message, MutableOctets octets);

  IpFamily family_;
  std::uint16_t port_;
  bool ip_header_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::vector<ReceivedDatagram> received_;
};

/// What a socket sends with; remembers the socket's DF setting.
class DatagramSender {
 public:
  DatagramSender(IpFamily family, bool ports) : family_(family), ports_(ports) {}
  SendReport send(int fd, std::span<const OutgoingDatagram> batch);

 private:
  void send_alike(int fd, std::span<const OutgoingDatagram> batch, std::size_t offset, SendReport& report);
  void set_dont_fragment(int fd, bool dont_fragment);

  IpFamily family_;
  bool ports_;
  std::optional<bool> dont_fragment_;
};

}  // namespace keypact::io
