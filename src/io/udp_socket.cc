#include "io/udp_socket.h"

#include <netinet/in.h>  // before the kernel's headers, which leave out what it has defined

#include <linux/udp.h>
#include <linux/xfrm.h>

#include <cerrno>

#include "io/datagram_batch.h"
#include "io/file_descriptor.h"
#include "io/port_user.h"
#include "io/socket_options.h"
#include "io/system_error.h"

namespace keypact::io {

struct UdpSocket::Implementation {
  FileDescriptor descriptor;
  Endpoint local;
  DatagramReceiver receiver;
  DatagramSender sender;
};

namespace {

Error cannot_bind(const Endpoint& endpoint, int code) {
  const std::string what =
      "cannot listen on UDP port " + std::to_string(endpoint.port) + " (" + endpoint.to_string() + ")";
  if (code == EADDRINUSE) {
    const std::string user = udp_port_user(endpoint.port);
    if (!user.empty())
      return {what, user + " has it already", "Stop that program (its service, if it has one), or choose another port"};
    return system_error(what, code,
                        "Stop the other IKE daemon (strongSwan's charon, Libreswan's pluto, another keypactd), "
                        "or choose another port");
  }
  if (code == EADDRNOTAVAIL) return system_error(what, code, "Give an address of this machine, or none for all");
  if (code == EACCES)
    return system_error(what, code, "Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE");
  return system_error(what, code);
}

}  // namespace

Result<UdpSocket> UdpSocket::open(const UdpOptions& options) {
  const auto family = options.bind.address.family();
  TRY(FileDescriptor fd, open_socket(family, SOCK_DGRAM, IPPROTO_UDP, "UDP port " + std::to_string(options.bind.port)));
  const int on = 1;
  if (family == IpFamily::v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (options.reuse_port) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  TRY_VOID(set_mark(fd.get(), options.mark));
  set_buffers(fd.get(), options.receive_buffer, options.send_buffer);
  if (!DatagramReceiver::prepare(fd.get(), family))
    return failure(system_error("cannot learn the local address of datagrams", errno));

  SocketAddress address = to_socket_address(options.bind);
  if (::bind(fd.get(), address.get(), address.size) != 0) return failure(cannot_bind(options.bind, errno));
  if (::getsockname(fd.get(), address.get(), &address.size) != 0)
    return failure(system_error("cannot learn the port of a socket", errno));
  const Endpoint local = to_endpoint(address.storage);
  return UdpSocket(std::make_unique<Implementation>(
      Implementation{std::move(fd), local, DatagramReceiver(family, local.port, false), DatagramSender(family, true)}));
}

UdpSocket::UdpSocket(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

int UdpSocket::fd() const { return implementation_->descriptor.get(); }
Endpoint UdpSocket::local() const { return implementation_->local; }

Result<void> UdpSocket::pass_by_policies() {
  return io::pass_by_policies(fd(), implementation_->local.address.family());
}

Result<void> UdpSocket::leave_esp_to_kernel() {
  const int kind = UDP_ENCAP_ESPINUDP;
  if (::setsockopt(fd(), IPPROTO_UDP, UDP_ENCAP, &kind, sizeof kind) == 0) return {};
  return failure(system_error("cannot hand ESP in UDP to the kernel", errno));
}

Result<std::span<const ReceivedDatagram>> UdpSocket::receive() {
  return implementation_->receiver.receive(implementation_->descriptor.get());
}

SendReport UdpSocket::send(std::span<const OutgoingDatagram> batch) {
  return implementation_->sender.send(implementation_->descriptor.get(), batch);
}

bool address_family_available(IpFamily family) {
  return FileDescriptor(::socket(family == IpFamily::v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)).get() >=
             0 ||
         errno != EAFNOSUPPORT;
}

}  // namespace keypact::io
