#include "io/socket_options.h"

#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/system_error.h"

namespace keypact::io {

Result<FileDescriptor> open_socket(IpFamily family, int type, int protocol, const std::string& purpose) {
  const int domain = family == IpFamily::v4 ? AF_INET : AF_INET6;
  FileDescriptor fd(::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (fd) return fd;
  const int code = errno;
  std::string remedy;
  if (code == EAFNOSUPPORT) remedy = std::string("This machine has no ") + (domain == AF_INET ? "IPv4" : "IPv6");
  return failure(system_error("cannot open a socket for " + purpose, code, std::move(remedy)));
}

Result<void> set_mark(int fd, std::uint32_t mark) {
  if (mark == 0 || ::setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) return {};
  return failure(system_error("cannot mark the packets of a socket with " + std::to_string(mark), errno));
}

Result<void> pass_by_policies(int fd, IpFamily family) {
  const bool v4 = family == IpFamily::v4;
  for (const std::uint8_t direction : {XFRM_POLICY_IN, XFRM_POLICY_OUT}) {
    xfrm_userpolicy_info policy{};
    policy.dir = direction;
    policy.action = XFRM_POLICY_ALLOW;
    policy.sel.family = v4 ? AF_INET : AF_INET6;
    if (::setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_XFRM_POLICY : IPV6_XFRM_POLICY, &policy,
                     sizeof policy) != 0)
      return failure(system_error("cannot except IKE from the kernel's IPsec policies", errno));
  }
  return {};
}

void set_buffers(int fd, int receive, int send) {
  if (receive > 0 && ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) != 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
  if (send > 0 && ::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send) != 0)
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
}

}  // namespace keypact::io
