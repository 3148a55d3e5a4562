#include "daemon/kernel_requests.h"

namespace keypact::daemon {
namespace {

io::XfrmSocket::OnMessage reading(const std::function<void(const xfrm::MessageView&)>& on_message) {
  return [&on_message](OctetView octets) {
    while (const auto message = xfrm::MessageView::take(octets))
      if (on_message) on_message(*message);
  };
}

}  // namespace

std::uint32_t kernel_mark(std::uint16_t port, std::uint16_t nat_port) {
  constexpr std::uint32_t kOurs = 0x6;
  const auto which = static_cast<std::uint32_t>(port * 31 + nat_port) & 0xf;
  return (kOurs << 4 | which) << 24;
}

std::vector<io::XfrmAnswer> ask_kernel(io::XfrmSocket& socket, const std::vector<xfrm::Message>& messages,
                                const std::function<void(const xfrm::MessageView&)>& on_message) {
  std::vector<OctetView> requests;
  requests.reserve(messages.size());
  for (const auto& message : messages) requests.push_back(message.octets());
  return socket.run(requests, reading(on_message));
}

io::XfrmAnswer list_from_kernel(io::XfrmSocket& socket, const xfrm::Message& request, const std::function<void()>& begin,
                    const std::function<void(const xfrm::MessageView&)>& on_message) {
  return socket.list(request.octets(), begin, reading(on_message));
}

}  // namespace keypact::daemon
