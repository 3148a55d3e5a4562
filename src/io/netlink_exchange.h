// One netlink request and its answer, over libmnl. For the .cc files of io only.
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::io {

/// A request that is being written: header, one body, then attributes by mnl_attr_put_*.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);
  [[nodiscard]] nlmsghdr* header() {
    return reinterpret_cast<nlmsghdr*>(buffer_.data());
  }  // NOLINT: libmnl's interface
  /// Zeroed. Only once, and before the attributes.
  template <class T>
  T& body() {
    return *static_cast<T*>(mnl_nlmsg_put_extra_header(header(), sizeof(T)));
  }

 private:
  alignas(nlmsghdr) std::array<std::uint8_t, 2048> buffer_{};
};

/// The attributes of an answer.
class NetlinkAttributes {
 public:
  NetlinkAttributes(const nlmsghdr* message, std::size_t body_size);
  /// Those inside an attribute; none inside a null pointer.
  explicit NetlinkAttributes(const nlattr* nest);
  [[nodiscard]] const nlattr* find(std::uint16_t type) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(std::uint16_t type) const;

 private:
  OctetView attributes_;
};

/// The sentence that the kernel adds to an error (NETLINK_EXT_ACK); often empty.
[[nodiscard]] std::string detail_of(const nlmsghdr* error);

struct NetlinkOutcome {
  int code = 0;        ///< errno; 0: done
  std::string detail;  ///< the kernel's own sentence, often empty

  [[nodiscard]] bool ok() const { return code == 0; }
  [[nodiscard]] Error error(std::string what) const;
};

class NetlinkExchange {
 public:
  using OnMessage = std::function<void(const nlmsghdr*)>;

  [[nodiscard]] static Result<NetlinkExchange> open();
  /// Sends the request and waits for its end: the acknowledgement, the answer (for a get), or the end of the dump.
  NetlinkOutcome run(NetlinkRequest request, const OnMessage& on_message = {});
  /// Sends messages that are carried out together, to another part of the kernel; the first error that it answers.
  static NetlinkOutcome run_batch(int part, OctetView messages);

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  enum class Step { more, end };

  explicit NetlinkExchange(mnl_socket* socket) : socket_(socket) {}
  Step take(const nlmsghdr* message, bool answered_by_message, const OnMessage& on_message, NetlinkOutcome& outcome);

  std::unique_ptr<mnl_socket, Closer> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace keypact::io
