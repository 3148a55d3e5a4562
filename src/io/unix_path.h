// Where a Unix socket lies in the file system, and binding there without following or removing what is not ours. For the .cc
// files of io only.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/file_descriptor.h"

namespace keypact::io {

/// The address of `path`; an error if it is empty, has a zero octet (abstract names), or is too long for the kernel.
[[nodiscard]] Result<sockaddr_un> unix_address(const std::string& path);

/// Identity of a socket file, so that nobody else's is removed.
struct UnixPathIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

struct BoundUnixSocket {
  FileDescriptor descriptor;  ///< listening, non-blocking
  UnixPathIdentity identity;
};

/// Binds and listens with mode 0660; `group` becomes the group of the socket file.
[[nodiscard]] Result<BoundUnixSocket> bind_unix(const std::string& path, std::optional<std::uint32_t> group);

/// Removes the file if it still is the socket that bind_unix made.
void remove_unix_path(const std::string& path, const UnixPathIdentity& identity);

}  // namespace keypact::io
