// Opening sockets and setting what each of ours needs. For the .cc files of io only.
#pragma once

#include <optional>
#include <string>

#include "base/ip_address.h"
#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

/// socket(2) for that family, non-blocking and closed on exec.
[[nodiscard]] Result<FileDescriptor> open_socket(IpFamily family, int type, int protocol, const std::string& purpose);

/// SO_MARK; 0 leaves the socket alone.
[[nodiscard]] Result<void> set_mark(int fd, std::uint32_t mark);

/// IPsec policies of the kernel do not concern what goes out and comes in there. Needs CAP_NET_ADMIN.
[[nodiscard]] Result<void> pass_by_policies(int fd, IpFamily family);

/// Asks for that many octets: beyond the system's limit where we may, else up to it.
void set_buffers(int fd, int receive, int send);

}  // namespace keypact::io
