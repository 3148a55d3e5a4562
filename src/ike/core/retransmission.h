// Retransmission of a request until its response comes or it is given up. RFC 7296 §2.4: at least a dozen times over a period
// of at least several minutes.
#pragma once

#include <algorithm>
#include <optional>

#include "base/instant.h"

namespace keypact::ike {

class Retransmission {
 public:
  /// `pace`: percent of the usual intervals, so that those who began together do not stay together.
  /// `patience`: after that at the latest it is given up; 0: when it was sent often enough.
  explicit Retransmission(Instant first_sent, unsigned pace = 100, Duration patience = {})
      : began_(first_sent),
        next_(first_sent + kFirst * pace / 100),
        interval_(kFirst),
        pace_(pace),
        patience_(patience) {}

  static constexpr Duration kFirst = milliseconds(500);
  static constexpr Duration kLongest = seconds(30);
  static constexpr unsigned kTransmissions = 16;

  /// When to look again: to retransmit, or to give up.
  [[nodiscard]] Instant deadline() const {
    return patience_ > Duration{} ? std::min(next_, began_ + patience_) : next_;
  }
  /// At the deadline: true to send the request again, false to give up.
  [[nodiscard]] bool advance(Instant now);
  /// The message was changed so that it may get through now: the intervals begin from the start (RFC 7383 §2.5.2).
  void restart(Instant now);
  /// From now on there is no more patience than this.
  void restart(Instant now, Duration patience);
  /// Transmissions so far, the first included.
  [[nodiscard]] unsigned sent() const { return sent_; }
  [[nodiscard]] unsigned sent_since_restart() const { return since_restart_; }

 private:
  Instant began_;
  Instant next_;
  Duration interval_;
  unsigned pace_ = 100;
  Duration patience_;
  unsigned sent_ = 1;
  unsigned since_restart_ = 1;
};

}  // namespace keypact::ike
