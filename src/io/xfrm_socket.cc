#include "io/xfrm_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/secret.h"
#include "io/netlink_exchange.h"
#include "io/socket_options.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// Requests in one call: enough that the call itself costs nothing, and their answers fit any receive buffer.
constexpr std::size_t kBatch = 64;
/// Octets that the kernel may hold for us: 64 answers with requests repeated, a part of a list, or what is told while we are busy.
constexpr int kBuffer = 4 << 20;
constexpr std::size_t kReadOctets = 65536;
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};
constexpr int kListings = 5;

struct Closer {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, Closer>;

const char* const kPurpose = "cannot talk to the kernel about IPsec (netlink)";

Result<Socket> open_socket_of(unsigned groups) {
  Socket socket(mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC));
  if (!socket)
    return failure(
        system_error(kPurpose, errno, errno == EPROTONOSUPPORT ? "This kernel is built without XFRM_USER" : ""));
  if (mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) != 0) return failure(system_error(kPurpose, errno));
  set_buffers(mnl_socket_get_fd(socket.get()), kBuffer, kBuffer);
  return socket;
}

OctetView octets_of(const nlmsghdr* message) {
  return {reinterpret_cast<const std::uint8_t*>(message), message->nlmsg_len};  // NOLINT: libmnl's interface
}

XfrmAnswer answer_from(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) return {EBADMSG, {}};
  XfrmAnswer answer{-static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error, {}};
  if (!answer.ok()) answer.detail = detail_of(message);
  return answer;
}

}  // namespace

std::string XfrmAnswer::reason() const { return system_reason(code) + (detail.empty() ? "" : " (" + detail + ")"); }

struct XfrmSocket::Implementation {
  Socket socket;
  std::uint32_t sequence = 0;
  Octets buffer = Octets(kReadOctets);

  ~Implementation() { wipe_octets(buffer); }

  /// Calls `take` with each message of an answer until it returns false; errno when none comes.
  int receive(const std::function<bool(const nlmsghdr*)>& take) {
    for (;;) {
      const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
      int left = static_cast<int>(size);
      const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());  // NOLINT: libmnl's interface
      for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        if (!take(message)) return 0;
    }
  }

  void run_some(std::span<const OctetView> requests, std::vector<XfrmAnswer>& answers, const OnMessage& on_message) {
    const auto first = sequence + 1;
    std::vector<nlmsghdr> headers(requests.size());
    std::vector<iovec> parts;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      CHECK(requests[i].size() > sizeof(nlmsghdr));
      std::memcpy(&headers[i], requests[i].data(), sizeof(nlmsghdr));
      headers[i].nlmsg_seq = ++sequence;
      // The kernel tells of each one that fails. One acknowledgement, behind them, says that all are done.
      if (i + 1 < requests.size()) headers[i].nlmsg_flags &= static_cast<std::uint16_t>(~NLM_F_ACK);
      const auto rest = requests[i].subspan(sizeof(nlmsghdr));
      parts.push_back({&headers[i], sizeof(nlmsghdr)});
      parts.push_back({const_cast<std::uint8_t*>(rest.data()), rest.size()});  // NOLINT: sendmsg does not write there
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    std::vector<XfrmAnswer> found(requests.size());
    int code = ::sendmsg(mnl_socket_get_fd(socket.get()), &message, 0) < 0 ? errno : 0;
    if (code == 0)
      code = receive([&](const nlmsghdr* answer) {
        const auto index = answer->nlmsg_seq - first;
        if (index >= found.size()) return true;  // late, of a request that ran out of patience
        if (answer->nlmsg_type != NLMSG_ERROR) {
          if (on_message) on_message(octets_of(answer));
          return true;
        }
        found[index] = answer_from(answer);
        return index + 1 < found.size();
      });
    if (code != 0)
      for (auto& answer : found)
        if (answer.ok()) answer.code = code;
    answers.insert(answers.end(), found.begin(), found.end());
  }
};

XfrmSocket::XfrmSocket(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
XfrmSocket::XfrmSocket(XfrmSocket&&) noexcept = default;
XfrmSocket& XfrmSocket::operator=(XfrmSocket&&) noexcept = default;
XfrmSocket::~XfrmSocket() = default;

Result<XfrmSocket> XfrmSocket::open() {
  TRY(auto socket, open_socket_of(0));
  int on = 1;
  mnl_socket_setsockopt(socket.get(), NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on);  // else errors would repeat keys
  ::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  auto implementation = std::make_unique<Implementation>();
  implementation->socket = std::move(socket);
  return XfrmSocket(std::move(implementation));
}

std::vector<XfrmAnswer> XfrmSocket::run(std::span<const OctetView> requests, const OnMessage& on_message) {
  std::vector<XfrmAnswer> answers;
  answers.reserve(requests.size());
  while (!requests.empty()) {
    const auto some = requests.first(std::min(requests.size(), kBatch));
    implementation_->run_some(some, answers, on_message);
    requests = requests.subspan(some.size());
  }
  return answers;
}

XfrmAnswer XfrmSocket::list(OctetView request, const std::function<void()>& begin, const OnMessage& on_message) {
  for (int tries = 0; tries < kListings; ++tries) {
    begin();
    Octets numbered = to_octets(request);
    const auto sequence = ++implementation_->sequence;
    std::memcpy(numbered.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
    if (mnl_socket_sendto(implementation_->socket.get(), numbered.data(), numbered.size()) < 0) return {errno, {}};
    bool interrupted = false;
    XfrmAnswer answer;
    const int code = implementation_->receive([&](const nlmsghdr* message) {
      if (message->nlmsg_seq != sequence) return true;
      interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message->nlmsg_type == NLMSG_ERROR) answer = answer_from(message);
      if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) return false;
      on_message(octets_of(message));
      return true;
    });
    if (code != 0) return {code, {}};
    if (!interrupted) return answer;
  }
  return {EAGAIN, {}};
}

struct XfrmListener::Implementation {
  Socket socket;
  Octets buffer = Octets(kReadOctets);
};

XfrmListener::XfrmListener(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
XfrmListener::XfrmListener(XfrmListener&&) noexcept = default;
XfrmListener& XfrmListener::operator=(XfrmListener&&) noexcept = default;
XfrmListener::~XfrmListener() = default;

Result<XfrmListener> XfrmListener::open(std::span<const unsigned> groups) {
  TRY(auto socket, open_socket_of(0));
  for (unsigned group : groups)
    if (mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return failure(system_error("cannot listen to what the kernel tells about IPsec", errno));
  auto implementation = std::make_unique<Implementation>();
  implementation->socket = std::move(socket);
  return XfrmListener(std::move(implementation));
}

int XfrmListener::fd() const { return mnl_socket_get_fd(implementation_->socket.get()); }

bool XfrmListener::receive(const std::function<void(OctetView)>& on_messages) {
  bool all = true;
  for (;;) {
    auto& buffer = implementation_->buffer;
    const ssize_t size = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ENOBUFS) {
      all = false;
      continue;
    }
    if (size <= 0) return all;
    on_messages(OctetView(buffer).first(static_cast<std::size_t>(size)));
  }
}

}  // namespace keypact::io
