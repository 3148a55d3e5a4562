// Message IDs with a window of one: what we asked and wait for, what we answered last. RFC 7296 §2.1, §2.2, §2.3.
#pragma once

#include <optional>

#include "base/octets.h"
#include "ike/core/retransmission.h"

namespace keypact::ike::v2 {

/// Our requests: at most one waits for its response.
class RequestWindow {
 public:
  explicit RequestWindow(std::uint32_t next_id) : next_id_(next_id) {}

  [[nodiscard]] bool is_free() const { return !outstanding_; }
  /// The message ID for the next request.
  [[nodiscard]] std::uint32_t next_id() const { return next_id_; }
  /// `message` was sent under next_id().
  void sent(Octets message, Instant now);
  [[nodiscard]] bool awaits(std::uint32_t id) const { return outstanding_ && next_id_ == id + 1; }
  /// The awaited response came.
  void answered() { outstanding_.reset(); }

  [[nodiscard]] std::optional<Instant> deadline() const;
  /// At the deadline: the request to send again, or nothing to give up.
  [[nodiscard]] const Octets* retransmit(Instant now);
  [[nodiscard]] unsigned transmissions() const { return outstanding_ ? outstanding_->retransmission.sent() : 0; }

 private:
  struct Outstanding {
    Octets message;
    Retransmission retransmission;
  };
  std::uint32_t next_id_;
  std::optional<Outstanding> outstanding_;
};

/// The peer's requests: the last one's response is kept and sent again, byte for byte.
class ResponseWindow {
 public:
  explicit ResponseWindow(std::uint32_t expected_id) : expected_id_(expected_id) {}

  enum class Verdict : std::uint8_t { fresh, retransmission, outside };
  /// `request` is the whole message. A retransmission is bit for bit the request that was answered last (RFC 7296 §2.1).
  [[nodiscard]] Verdict judge(std::uint32_t id, OctetView request) const;
  /// The fresh request with the expected ID is being handled: later copies are outside the window until it is answered.
  void accepted(Octets request);
  void answered(Octets response) { response_ = std::move(response); }

  [[nodiscard]] std::uint32_t expected_id() const { return expected_id_; }
  [[nodiscard]] const Octets& response() const { return response_; }

 private:
  std::uint32_t expected_id_;
  Octets request_;   ///< the last accepted one
  Octets response_;  ///< empty while the last accepted request is being handled
};

}  // namespace keypact::ike::v2
