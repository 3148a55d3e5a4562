// Messages of xfrm, carried to the kernel by io.
#pragma once

#include "io/namespace_lock.h"
#include "io/xfrm_socket.h"
#include "xfrm/message.h"

namespace keypact::daemon {

/// The highest octet of all our reqids and policy indexes, by which they are known as ours also after a crash. Daemons in one network
/// namespace have different ones for as long as each keeps its lock; one that comes back gets what it had.
struct KernelMark {
  std::uint32_t value = 0;
  io::NamespaceLock lock;
};
[[nodiscard]] Result<KernelMark> take_kernel_mark(std::uint16_t port, std::uint16_t nat_port);

[[nodiscard]] std::vector<io::XfrmAnswer> ask_kernel(
    io::XfrmSocket& socket, const std::vector<xfrm::Message>& messages,
    const std::function<void(const xfrm::MessageView&)>& on_message = {});
[[nodiscard]] io::XfrmAnswer list_from_kernel(io::XfrmSocket& socket, const xfrm::Message& request,
                                              const std::function<void()>& begin,
                                              const std::function<void(const xfrm::MessageView&)>& on_message);

}  // namespace keypact::daemon
