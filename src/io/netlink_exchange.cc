#include "io/netlink_exchange.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/check.h"
#include "io/socket_options.h"
#include "io/system_error.h"

namespace keypact::io {
namespace {

/// The kernel answers within microseconds; this only keeps a lost answer from holding the daemon for ever.
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

/// What the kernel counts against a send buffer beside the octets themselves.
constexpr std::size_t kBatchOverhead = 65536;

}  // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data());
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

NetlinkAttributes::NetlinkAttributes(const nlmsghdr* message, std::size_t body_size) {
  const std::size_t size = mnl_nlmsg_get_payload_len(message);
  const std::size_t skipped = MNL_ALIGN(body_size);
  if (skipped < size)
    attributes_ = {static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message)) + skipped, size - skipped};
}

std::string detail_of(const nlmsghdr* message) {
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
  std::size_t offset = sizeof(nlmsgerr);
  // Without NLM_F_CAPPED the whole request is repeated before the attributes.
  if ((message->nlmsg_flags & NLM_F_CAPPED) == 0) offset += mnl_nlmsg_get_payload_len(&error->msg);
  const auto* text = NetlinkAttributes(message, offset).find(NLMSGERR_ATTR_MSG);
  if (text == nullptr || mnl_attr_validate(text, MNL_TYPE_NUL_STRING) < 0) return {};
  return mnl_attr_get_str(text);
}

NetlinkAttributes::NetlinkAttributes(const nlattr* nest) {
  if (nest == nullptr) return;
  attributes_ = {static_cast<const std::uint8_t*>(mnl_attr_get_payload(nest)), mnl_attr_get_payload_len(nest)};
}

const nlattr* NetlinkAttributes::find(std::uint16_t type) const {
  auto left = static_cast<int>(attributes_.size());
  const auto* attribute = reinterpret_cast<const nlattr*>(attributes_.data());  // NOLINT: libmnl's interface
  while (mnl_attr_ok(attribute, left)) {
    if (mnl_attr_get_type(attribute) == type) return attribute;
    left -= MNL_ALIGN(attribute->nla_len);
    attribute = mnl_attr_next(attribute);
  }
  return nullptr;
}

std::optional<std::uint32_t> NetlinkAttributes::u32(std::uint16_t type) const {
  const nlattr* attribute = find(type);
  if (attribute == nullptr || mnl_attr_validate(attribute, MNL_TYPE_U32) < 0) return std::nullopt;
  return mnl_attr_get_u32(attribute);
}

Error NetlinkOutcome::error(std::string what) const {
  Error result = system_error(std::move(what), code);
  if (!detail.empty()) result.why += " (" + detail + ")";
  return result;
}

Result<NetlinkExchange> NetlinkExchange::open() {
  mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return failure(system_error("cannot talk to the kernel about routes (netlink)", errno));
  NetlinkExchange exchange(socket);
  if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0)
    return failure(system_error("cannot talk to the kernel about routes (netlink)", errno));
  int on = 1;
  mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof on);  // since Linux 4.12; without it errors are terser
  ::setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  return exchange;
}

NetlinkExchange::Step NetlinkExchange::take(const nlmsghdr* message, bool answered_by_message,
                                            const OnMessage& on_message, NetlinkOutcome& outcome) {
  if (message->nlmsg_seq != sequence_) return Step::more;  // late, of a request that ran out of patience
  if (message->nlmsg_type == NLMSG_ERROR) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) {
      outcome.code = EBADMSG;
      return Step::end;
    }
    outcome.code = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
    if (outcome.code != 0) outcome.detail = detail_of(message);
    return Step::end;
  }
  if (message->nlmsg_type == NLMSG_DONE) return Step::end;
  if (message->nlmsg_type >= NLMSG_MIN_TYPE && on_message) on_message(message);
  return answered_by_message ? Step::end : Step::more;
}

NetlinkOutcome NetlinkExchange::run(NetlinkRequest request, const OnMessage& on_message) {
  NetlinkOutcome outcome;
  nlmsghdr* header = request.header();
  CHECK(header->nlmsg_len <= sizeof request);
  header->nlmsg_seq = ++sequence_;
  const bool answered_by_message =
      (header->nlmsg_flags & NLM_F_ACK) == 0 && (header->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP;
  if (mnl_socket_sendto(socket_.get(), header, header->nlmsg_len) < 0) return {errno, {}};
  std::array<std::uint8_t, 32768> buffer;  // the kernel's largest part of a dump
  for (;;) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {errno == EAGAIN ? ETIMEDOUT : errno, {}};
    int left = static_cast<int>(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());  // NOLINT: libmnl's interface
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (take(message, answered_by_message, on_message, outcome) == Step::end) return outcome;
    }
  }
}

NetlinkOutcome NetlinkExchange::run_batch(int part, OctetView messages) {
  const std::unique_ptr<mnl_socket, Closer> socket(mnl_socket_open2(part, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return {errno, {}};
  const int fd = mnl_socket_get_fd(socket.get());
  int on = 1;
  mnl_socket_setsockopt(socket.get(), NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on);
  // A batch is one message of the socket, however long.
  set_buffers(fd, 0, static_cast<int>(std::min<std::size_t>(messages.size() + kBatchOverhead, INT_MAX / 2)));
  if (mnl_socket_sendto(socket.get(), messages.data(), messages.size()) < 0) return {errno, {}};
  // The kernel has answered when sendto returns, and what it did not complain of is done.
  std::array<std::uint8_t, 8192> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) return {errno == EAGAIN ? 0 : errno, {}};
  int left = static_cast<int>(size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());  // NOLINT: libmnl's interface
  if (!mnl_nlmsg_ok(message, left) || message->nlmsg_type != NLMSG_ERROR ||
      mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr))
    return {EBADMSG, {}};
  return {-static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error, detail_of(message)};
}

}  // namespace keypact::io
