#include "io/namespace_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/check.h"
#include "io/system_error.h"

namespace keypact::io {

Result<std::optional<NamespaceLock>> NamespaceLock::take(const std::string& name) {
  FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return failure(system_error("cannot open a Unix socket", errno));
  // Names without a file belong to the network namespace (unix(7)).
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(name.size() + 1 <= sizeof address.sun_path);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0)  // NOLINT: the system's interface
    return std::optional(NamespaceLock(std::move(fd)));
  if (errno == EADDRINUSE) return std::optional<NamespaceLock>();
  return failure(system_error("cannot take the name " + name, errno));
}

}  // namespace keypact::io
