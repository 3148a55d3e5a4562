#include "io/spi_socket.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "io/clock.h"
#include "io/socket_address.h"
#include "io/socket_options.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// More than any packet has.
constexpr std::size_t kPacketOctets = 65536;
/// No buffer holds more packets: whoever sends faster than we read does not keep us here.
constexpr std::size_t kPackets = 4096;
constexpr std::size_t kTypeOfService = 1;
constexpr std::size_t kIdentification = 4;
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint32_t kDestinationPort = 2;

std::uint32_t spi_at(SpiCarrier carrier) {
  switch (carrier) {
    case SpiCarrier::esp: return 0;
    case SpiCarrier::ah: return 4;
    case SpiCarrier::udp: break;
  }
  return kUdpHeader;
}

/// Of IPv4 a raw socket sees the IP header, whose length is added to what is loaded; of IPv6 it does not.
Result<void> attach_filter(int fd, const SpiSocket::Options& options) {
  const bool v4 = options.local.address.is_v4();
  const std::uint16_t mode = v4 ? BPF_IND : BPF_ABS;
  std::vector<sock_filter> code;
  if (v4) code.push_back({BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0});
  if (options.carrier == SpiCarrier::udp) {
    code.push_back({static_cast<std::uint16_t>(BPF_LD | BPF_H | mode), 0, 0, kDestinationPort});
    code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, options.local.port});
    code.push_back({BPF_RET | BPF_K, 0, 0, 0});
  }
  code.push_back({static_cast<std::uint16_t>(BPF_LD | BPF_W | mode), 0, 0, spi_at(options.carrier)});
  code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, options.spi.value});
  code.push_back({BPF_RET | BPF_K, 0, 0, 0});
  code.push_back({BPF_RET | BPF_K, 0, 0, ~0U});
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) return {};
  return failure(system_error("cannot filter packets by their SPI", errno));
}

Result<void> ask_for_details(int fd, IpFamily family) {
  const int on = 1;
  const bool asked = ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
                     (family == IpFamily::v4 || ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on) == 0);
  if (asked) return {};
  return failure(system_error("cannot learn when packets came", errno));
}

Result<void> narrow_to(int fd, const SpiSocket::Options& options) {
  const auto local = to_socket_address({options.local.address, 0});
  const auto remote = to_socket_address({options.remote, 0});
  if (::bind(fd, local.get(), local.size) == 0 && ::connect(fd, remote.get(), remote.size) == 0) return {};
  return failure(system_error("cannot wait for packets of " + options.remote.to_string(), errno));
}

Duration age_of(const timespec& at) {
  const auto came = std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
  return std::max<Duration>(std::chrono::duration_cast<Duration>(wall_now().time_since_epoch() - came), Duration{});
}

void read_details(const msghdr& header, SpiSocket::Packet& packet) {
  auto* walk = const_cast<msghdr*>(&header);  // NOLINT: CMSG_NXTHDR wants it, and changes nothing
  for (auto* control = CMSG_FIRSTHDR(walk); control != nullptr; control = CMSG_NXTHDR(walk, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
      timespec at{};
      std::memcpy(&at, CMSG_DATA(control), sizeof at);
      packet.age = age_of(at);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
      int traffic_class = 0;
      std::memcpy(&traffic_class, CMSG_DATA(control), sizeof traffic_class);
      packet.traffic_class = static_cast<std::uint8_t>(traffic_class);
    }
  }
}

bool take_ip_header(SpiSocket::Packet& packet) {
  const auto octets = packet.octets;
  const std::size_t size = octets.empty() ? 0 : (octets[0] & 0x0fU) * 4U;
  if (size < 20 || size > octets.size()) return false;
  packet.traffic_class = octets[kTypeOfService];
  packet.identification = static_cast<std::uint16_t>(octets[kIdentification] << 8 | octets[kIdentification + 1]);
  packet.octets = octets.subspan(size);
  return true;
}

}  // namespace

Result<SpiSocket> SpiSocket::open(const Options& options) {
  const auto family = options.local.address.family();
  TRY(auto fd, open_socket(family, SOCK_RAW, static_cast<int>(options.carrier), "what comes before its SA"));
  TRY_VOID(attach_filter(fd.get(), options));
  // What is protected comes from outside of the policies that want it so.
  TRY_VOID(pass_by_policies(fd.get(), family));
  TRY_VOID(ask_for_details(fd.get(), family));
  TRY_VOID(narrow_to(fd.get(), options));
  // The kernel doubles what is asked for.
  set_buffers(fd.get(), options.receive_buffer / 2, 0);
  return SpiSocket(std::move(fd), options);
}

void SpiSocket::take(const std::function<void(const Packet&)>& each) {
  const bool v4 = options_.local.address.is_v4();
  const std::size_t spi_offset = spi_at(options_.carrier);
  Octets buffer;
  for (std::size_t count = 0; count < kPackets; ++count) {
    if (buffer.empty()) buffer.resize(kPacketOctets);
    alignas(cmsghdr) std::array<std::uint8_t, 128> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const auto size = ::recvmsg(descriptor_.get(), &header, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0 || (header.msg_flags & MSG_TRUNC) != 0) continue;
    Packet packet{0, {}, MutableOctets(buffer).first(static_cast<std::size_t>(size)), 0};
    read_details(header, packet);
    if (v4 && !take_ip_header(packet)) continue;
    // Before it had its filter the socket took everything.
    const auto octets = packet.octets;
    if (octets.size() < spi_offset + 4) continue;
    const auto spi = std::uint32_t{octets[spi_offset]} << 24 | std::uint32_t{octets[spi_offset + 1]} << 16 |
                     std::uint32_t{octets[spi_offset + 2]} << 8 | octets[spi_offset + 3];
    if (spi == options_.spi.value) each(packet);
  }
}

}  // namespace keypact::io
