#include "io/datagram_batch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/system_error.h"

namespace keypact::io {
namespace {

/// More than any datagram has; the odd part spreads the slots over the cache.
constexpr std::size_t kSlotOctets = 65536 + 192;

struct Control {
  alignas(cmsghdr) std::array<std::uint8_t, kControlOctets> octets;
};

template <class T>
T value_of(const cmsghdr& control) {
  T value{};
  std::memcpy(&value, CMSG_DATA(&control), sizeof value);
  return value;
}

/// Appends a control message; the room suffices for all that are ever sent.
template <class T>
void add_control(msghdr& header, Control& room, int level, int type, const T& value) {
  auto* message = reinterpret_cast<cmsghdr*>(room.octets.data() + header.msg_controllen);  // NOLINT: socket interface
  message->cmsg_level = level;
  message->cmsg_type = type;
  message->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(message), &value, sizeof value);
  header.msg_control = room.octets.data();
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

void add_source(msghdr& header, Control& room, const OutgoingDatagram& datagram, IpFamily family) {
  const bool chosen = !datagram.local.is_unspecified() && datagram.local.family() == family;
  if (!chosen && datagram.interface == 0) return;
  if (family == IpFamily::v4) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(datagram.interface);
    if (chosen) info.ipi_spec_dst = to_in_addr(datagram.local);
    add_control(header, room, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_ifindex = datagram.interface;
    if (chosen) info.ipi6_addr = to_in6_addr(datagram.local);
    add_control(header, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

SendProblem problem_of(int code) {
  switch (code) {
    case EAGAIN: return SendProblem::would_block;
    case EMSGSIZE: return SendProblem::too_big;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN: return SendProblem::unreachable;
    case EADDRNOTAVAIL:
    case EINVAL:
    case ENODEV:
    case ENXIO: return SendProblem::local_address;
    case EPERM:
    case EACCES: return SendProblem::forbidden;
    default: return SendProblem::other;
  }
}

/// An ICMP error about an earlier datagram, or an interruption: nothing is wrong with the socket.
bool passes(int code) {
  return code == EINTR || code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EMSGSIZE ||
         code == ENETDOWN || code == EHOSTDOWN || code == EPROTO || code == ENOPROTOOPT || code == EOPNOTSUPP;
}

}  // namespace

bool DatagramReceiver::prepare(int fd, IpFamily family) {
  const int on = 1;
  const bool v4 = family == IpFamily::v4;
  const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  return ::setsockopt(fd, level, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on, sizeof on) == 0 &&
         ::setsockopt(fd, level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on, sizeof on) == 0;
}

DatagramReceiver::DatagramReceiver(IpFamily family, std::uint16_t port, bool ip_header)
    : family_(family),
      port_(port),
      ip_header_(ip_header),
      // Not touched before the kernel writes to it, so a page of a slot that no datagram reaches costs nothing.
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kDatagramBatch * kSlotOctets)) {
  received_.reserve(kDatagramBatch);
}

Result<std::span<const ReceivedDatagram>> DatagramReceiver::receive(int fd) {
  received_.clear();
  std::array<mmsghdr, kDatagramBatch> messages{};
  std::array<iovec, kDatagramBatch> parts{};
  std::array<sockaddr_storage, kDatagramBatch> remotes;
  std::array<Control, kDatagramBatch> controls;
  for (std::size_t i = 0; i < kDatagramBatch; ++i) {
    parts[i] = {buffer_.get() + i * kSlotOctets, kSlotOctets};
    auto& header = messages[i].msg_hdr;
    header.msg_name = &remotes[i];
    header.msg_namelen = sizeof remotes[i];
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].octets.data();
    header.msg_controllen = kControlOctets;
  }
  int count = -1;
  for (int attempt = 0; count < 0 && attempt < 16; ++attempt) {
    count = ::recvmmsg(fd, messages.data(), kDatagramBatch, MSG_DONTWAIT, nullptr);
    if (count >= 0 || passes(errno)) continue;
    if (errno == EAGAIN) break;
    return failure(system_error("cannot receive datagrams", errno));
  }
  for (int i = 0; i < count; ++i)
    take(messages[i], {buffer_.get() + static_cast<std::size_t>(i) * kSlotOctets, messages[i].msg_len});
  return std::span<const ReceivedDatagram>(received_);
}

void DatagramReceiver::take(const mmsghdr& message, MutableOctets octets) {
  const auto& header = message.msg_hdr;
  if ((header.msg_flags & MSG_TRUNC) != 0) return;
  ReceivedDatagram datagram;
  if (ip_header_) {
    const std::size_t size = octets.empty() ? 0 : (octets[0] & 0x0fU) * 4U;
    if (size < 20 || size > octets.size()) return;
    octets = octets.subspan(size);
  }
  datagram.octets = octets;
  datagram.remote = to_endpoint(*static_cast<const sockaddr_storage*>(header.msg_name));
  if (port_ == 0) datagram.remote.port = 0;
  datagram.local.port = port_;
  datagram.local.address = IpAddress::unspecified(family_);
  auto* walk = const_cast<msghdr*>(&header);  // NOLINT: CMSG_NXTHDR wants it, and changes nothing
  for (auto* control = CMSG_FIRSTHDR(walk); control != nullptr; control = CMSG_NXTHDR(walk, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      const auto info = value_of<in_pktinfo>(*control);
      datagram.local.address = to_ip_address(info.ipi_spec_dst);  // our address also when it was a broadcast
      datagram.interface = static_cast<std::uint32_t>(info.ipi_ifindex);
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
      datagram.traffic_class = value_of<std::uint8_t>(*control);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      const auto info = value_of<in6_pktinfo>(*control);
      datagram.local.address = to_ip_address(info.ipi6_addr);
      datagram.interface = info.ipi6_ifindex;
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
      datagram.traffic_class = static_cast<std::uint8_t>(value_of<int>(*control));
    }
  }
  received_.push_back(datagram);
}

SendReport DatagramSender::send(int fd, std::span<const OutgoingDatagram> batch) {
  SendReport report;
  std::size_t begin = 0;
  while (begin < batch.size()) {
    // DF is the socket's and not the datagram's: those that agree go together.
    const bool dont_fragment = batch[begin].dont_fragment;
    std::size_t end = begin + 1;
    while (end < batch.size() && end - begin < kDatagramBatch && batch[end].dont_fragment == dont_fragment) ++end;
    set_dont_fragment(fd, dont_fragment);
    send_alike(fd, batch.subspan(begin, end - begin), begin, report);
    begin = end;
  }
  return report;
}

void DatagramSender::set_dont_fragment(int fd, bool dont_fragment) {
  if (dont_fragment_ == dont_fragment) return;
  dont_fragment_ = dont_fragment;
  if (family_ == IpFamily::v4) {
    const int value = dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
    ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &value, sizeof value);
  } else {
    const int value = dont_fragment ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT;  // IPV6_DONTFRAG is for UDP only
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &value, sizeof value);
  }
}

void DatagramSender::send_alike(int fd, std::span<const OutgoingDatagram> batch, std::size_t offset,
                                SendReport& report) {
  std::array<mmsghdr, kDatagramBatch> messages{};
  std::array<iovec, kDatagramBatch> parts{};
  std::array<SocketAddress, kDatagramBatch> remotes;
  std::array<Control, kDatagramBatch> controls;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& datagram = batch[i];
    const auto scope = is_link_local(datagram.remote.address) ? datagram.interface : 0;
    remotes[i] = to_socket_address({datagram.remote.address, ports_ ? datagram.remote.port : std::uint16_t{0}}, scope);
    parts[i] = {const_cast<std::uint8_t*>(datagram.octets.data()), datagram.octets.size()};  // NOLINT: not written to
    auto& header = messages[i].msg_hdr;
    header.msg_name = remotes[i].get();
    header.msg_namelen = remotes[i].size;
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    add_source(header, controls[i], datagram, family_);
    const int traffic_class = datagram.traffic_class;
    const bool v4 = family_ == IpFamily::v4;
    add_control(header, controls[i], v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, traffic_class);
  }
  std::size_t done = 0;
  while (done < batch.size()) {
    const int sent =
        ::sendmmsg(fd, messages.data() + done, static_cast<unsigned>(batch.size() - done), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      report.sent += static_cast<std::size_t>(sent);
      done += static_cast<std::size_t>(sent);
    } else if (const int code = errno; code != EINTR) {
      const std::size_t lost = code == EAGAIN ? batch.size() : done + 1;  // a full buffer stays full for the rest
      for (; done < lost; ++done) report.failures.push_back({offset + done, problem_of(code), code});
    }
  }
}

std::string describe(const SendFailure& failure, const OutgoingDatagram& datagram) {
  const auto to = datagram.remote.port != 0 ? datagram.remote.to_string() : datagram.remote.address.to_string();
  const auto reason = ": " + system_reason(failure.system_error);
  switch (failure.problem) {
    case SendProblem::would_block: return "the send buffer is full, dropped a datagram to " + to;
    case SendProblem::too_big:
      return std::to_string(datagram.octets.size()) + " octets to " + to + " exceed the path MTU";
    case SendProblem::unreachable: return "no route to " + to + reason;
    case SendProblem::local_address: return "cannot send to " + to + " from " + datagram.local.to_string() + reason;
    case SendProblem::forbidden: return "a firewall forbids sending to " + to + reason;
    case SendProblem::other: break;
  }
  return "cannot send to " + to + reason;
}

}  // namespace keypact::io
