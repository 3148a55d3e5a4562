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

Result<KernelMark> take_kernel_mark(std::uint16_t port, std::uint16_t nat_port) {
  constexpr std::uint32_t kOurs = 0x40;
  constexpr std::uint32_t kMarks = 0x40;
  const auto first = (port * 31U + nat_port) * 0x9e37'79b1U >> 26;
  for (std::uint32_t tries = 0; tries < kMarks; ++tries) {
    const auto mark = kOurs | (first + tries) % kMarks;
    TRY(auto lock, io::NamespaceLock::take("keypact-kernel-" + std::to_string(mark)));
    if (lock) return KernelMark{mark << 24, std::move(*lock)};
  }
  return failure(
      Error{"there are too many keypactd in this network namespace", "64 of them use the kernel's IPsec stack", ""});
}

std::vector<io::XfrmAnswer> ask_kernel(io::XfrmSocket& socket, const std::vector<xfrm::Message>& messages,
                                       const std::function<void(const xfrm::MessageView&)>& on_message) {
  std::vector<OctetView> requests;
  requests.reserve(messages.size());
  for (const auto& message : messages) requests.push_back(message.octets());
  return socket.run(requests, reading(on_message));
}

io::XfrmAnswer list_from_kernel(io::XfrmSocket& socket, const xfrm::Message& request,
                                const std::function<void()>& begin,
                                const std::function<void(const xfrm::MessageView&)>& on_message) {
  return socket.list(request.octets(), begin, reading(on_message));
}

}  // namespace keypact::daemon
