// XfrmSocket and XfrmListener: the kernel's IPsec stack by netlink (NETLINK_XFRM): requests in batches with all their answers, and
// what the kernel tells by itself. What the messages say is src/xfrm's.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/octets.h"
#include "base/result.h"

namespace keypact::io {

/// What became of one request.
struct XfrmAnswer {
  int code = 0;        ///< errno; 0: done
  std::string detail;  ///< the kernel's own sentence, often empty
  [[nodiscard]] bool ok() const { return code == 0; }
  /// "no such process (…)"
  [[nodiscard]] std::string reason() const;
};

class XfrmSocket {
 public:
  [[nodiscard]] static Result<XfrmSocket> open();
  XfrmSocket(XfrmSocket&&) noexcept;
  XfrmSocket& operator=(XfrmSocket&&) noexcept;
  ~XfrmSocket();

  using OnMessage = std::function<void(OctetView)>;
  /// Each is one whole request that asks for an acknowledgement. The kernel carries them out in order, in one call, and goes on after
  /// one that fails. One answer each. `on_message` gets the messages that the kernel answers with, before it acknowledges.
  [[nodiscard]] std::vector<XfrmAnswer> run(std::span<const OctetView> requests, const OnMessage& on_message = {});
  /// A request that lists. A list that changed while it was made is listed again.
  [[nodiscard]] XfrmAnswer list(OctetView request, const std::function<void()>& begin, const OnMessage& on_message);

 private:
  struct Implementation;
  explicit XfrmSocket(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

class XfrmListener {
 public:
  /// Joins these multicast groups.
  [[nodiscard]] static Result<XfrmListener> open(std::span<const unsigned> groups);
  XfrmListener(XfrmListener&&) noexcept;
  XfrmListener& operator=(XfrmListener&&) noexcept;
  ~XfrmListener();

  /// For EventLoop::watch.
  [[nodiscard]] int fd() const;
  /// Tells what is there now, one or more messages a call. False: the kernel had more to tell than the socket could hold, and some of
  /// it is lost.
  [[nodiscard]] bool receive(const std::function<void(OctetView)>& on_messages);

 private:
  struct Implementation;
  explicit XfrmListener(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace keypact::io
