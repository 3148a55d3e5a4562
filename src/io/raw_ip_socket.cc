#include "io/raw_ip_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "io/socket_address.h"
#include "io/socket_options.h"

namespace keypact::io {
namespace {

struct Layout {
  std::size_t header;
  std::size_t destination;
  std::size_t address;
};
constexpr Layout kIpv4{20, 16, 4};
constexpr Layout kIpv6{40, 24, 16};

}  // namespace

Result<RawIpSocket> RawIpSocket::open(IpFamily family, std::uint32_t mark) {
  // With this protocol the header is ours to write, in both families.
  TRY(FileDescriptor fd, open_socket(family, SOCK_RAW, IPPROTO_RAW, "IP packets that pass in clear"));
  TRY_VOID(set_mark(fd.get(), mark));
  return RawIpSocket(std::move(fd), family);
}

bool RawIpSocket::send(OctetView packet) {
  const Layout& layout = family_ == IpFamily::v4 ? kIpv4 : kIpv6;
  if (packet.size() < layout.header) return false;
  const auto destination = IpAddress::from_octets(packet.subspan(layout.destination, layout.address));
  const SocketAddress address = to_socket_address({*destination, 0});
  return ::sendto(descriptor_.get(), packet.data(), packet.size(), 0, address.get(), address.size) ==
         static_cast<ssize_t>(packet.size());
}

}  // namespace keypact::io
