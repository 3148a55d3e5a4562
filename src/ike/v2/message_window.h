// Message IDs with a window of one: what we asked and wait for, what we answered last. RFC 7296 §2.1, §2.2, §2.3, RFC 7383
// §2.6.1.
#pragma once

#include <optional>

#include "ike/core/retransmission.h"
#include "ike/v2/secure_channel.h"

namespace keypact::ike::v2 {

/// Our requests: at most one waits for its response.
class RequestWindow {
 public:
  explicit RequestWindow(std::uint32_t next_id) : next_id_(next_id) {}

  [[nodiscard]] bool is_free() const { return !outstanding_; }
  /// The message ID for the next request.
  [[nodiscard]] std::uint32_t next_id() const { return static_cast<std::uint32_t>(next_id_); }
  /// RFC 7296 §2.2: message IDs do not wrap; there is none for another request.
  [[nodiscard]] bool is_used_up() const { return next_id_ > UINT32_MAX; }
  /// `message` was sent under next_id(); for `patience` see Retransmission.
  void sent(SealedMessage message, Instant now, Duration patience = {});
  [[nodiscard]] bool awaits(std::uint32_t id) const { return outstanding_ && next_id_ == std::uint64_t{id} + 1; }
  /// The awaited response came.
  void answered() { outstanding_.reset(); }

  /// Somebody says in clear that the peer knows no such IKE SA: it is asked anew, and given up sooner when it stays silent. Once a
  /// request.
  void denied(Instant now);

  [[nodiscard]] std::optional<Instant> deadline() const;
  /// The request that waits for its response, or nothing.
  [[nodiscard]] const SealedMessage* outstanding() const { return outstanding_ ? &outstanding_->message : nullptr; }
  /// At the deadline: the request to send again, or nothing to give up.
  [[nodiscard]] SealedMessage* retransmit(Instant now);
  /// The request was cut anew: its retransmissions begin from the start.
  void restart(Instant now);
  [[nodiscard]] unsigned transmissions() const { return outstanding_ ? outstanding_->retransmission.sent() : 0; }
  /// As it is cut now.
  [[nodiscard]] unsigned transmissions_of_this_size() const {
    return outstanding_ ? outstanding_->retransmission.sent_since_restart() : 0;
  }

 private:
  struct Outstanding {
    SealedMessage message;
    Retransmission retransmission;
    bool denied = false;
  };
  std::uint64_t next_id_;
  std::optional<Outstanding> outstanding_;
};

/// The peer's requests: the last one's response is kept and sent again, byte for byte or in smaller fragments.
class ResponseWindow {
 public:
  explicit ResponseWindow(std::uint32_t expected_id) : expected_id_(expected_id) {}

  /// refragmented: fragment 1 of the request that was answered last, cut in another way; it may be forged.
  enum class Verdict : std::uint8_t { fresh, retransmission, refragmented, outside };
  /// `datagram` is what `request` was parsed from. A retransmission is bit for bit the request that was answered last
  /// (RFC 7296 §2.1), or its first fragment; of other fragments none is (RFC 7383 §2.6.1).
  [[nodiscard]] Verdict judge(const wire::Message& request, OctetView datagram) const;
  /// The fresh request with the expected ID is being handled: later copies are outside the window until it is answered.
  /// `identity` is SecureChannel::identity_of() this request.
  /// It came the way of `origin`.
  void accepted(Octets identity, const Path& origin);
  void answered(SealedMessage response);

  /// 2^32: no request can follow.
  [[nodiscard]] std::uint64_t expected_id() const { return expected_id_; }
  /// Of the request that was accepted last.
  [[nodiscard]] std::uint32_t accepted_id() const { return static_cast<std::uint32_t>(expected_id_ - 1); }
  /// Of the request that was accepted last.
  [[nodiscard]] const Path& origin() const { return origin_; }
  [[nodiscard]] const SealedMessage& response() const { return response_; }
  [[nodiscard]] SealedMessage& response() { return response_; }
  /// The response is sent again, for the so-many-th time since it was cut as it is now.
  unsigned repeated() { return ++repetitions_; }
  void refragmented() { repetitions_ = 0; }

 private:
  std::uint64_t expected_id_;
  Octets request_;  ///< the identity of the last accepted one
  Path origin_;
  SealedMessage response_;  ///< empty while the last accepted request is being handled
  unsigned repetitions_ = 0;
};

}  // namespace keypact::ike::v2
