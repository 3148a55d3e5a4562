#include "io/raw_esp_socket.h"

#include <cerrno>

#include "io/datagram_batch.h"
#include "io/file_descriptor.h"
#include "io/socket_options.h"
#include "io/system_error.h"

namespace keypact::io {

struct RawEspSocket::Implementation {
  FileDescriptor descriptor;
  DatagramReceiver receiver;
  DatagramSender sender;
};

Result<RawEspSocket> RawEspSocket::open(const RawEspOptions& options) {
  TRY(FileDescriptor fd, open_socket(options.family, SOCK_RAW, IPPROTO_ESP, "ESP packets (IP protocol 50)"));
  TRY_VOID(set_mark(fd.get(), options.mark));
  set_buffers(fd.get(), options.receive_buffer, options.send_buffer);
  if (!DatagramReceiver::prepare(fd.get(), options.family))
    return failure(system_error("cannot learn the local address of ESP packets", errno));
  // IPv4 raw sockets receive the IP header, IPv6 ones do not; in both the kernel writes it when we send.
  return RawEspSocket(std::make_unique<Implementation>(
      Implementation{std::move(fd), DatagramReceiver(options.family, 0, options.family == IpFamily::v4),
                     DatagramSender(options.family, false)}));
}

RawEspSocket::RawEspSocket(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
RawEspSocket::RawEspSocket(RawEspSocket&&) noexcept = default;
RawEspSocket& RawEspSocket::operator=(RawEspSocket&&) noexcept = default;
RawEspSocket::~RawEspSocket() = default;

int RawEspSocket::fd() const { return implementation_->descriptor.get(); }

Result<std::span<const ReceivedDatagram>> RawEspSocket::receive() {
  return implementation_->receiver.receive(implementation_->descriptor.get());
}

SendReport RawEspSocket::send(std::span<const OutgoingDatagram> batch) {
  return implementation_->sender.send(implementation_->descriptor.get(), batch);
}

}  // namespace keypact::io
