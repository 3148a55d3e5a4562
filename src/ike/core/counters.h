// Counters of one engine: every message that was dropped has its number here, so that a drop without a log line can be seen.
#pragma once

#include <cstdint>

namespace keypact::ike {

struct Counters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t retransmissions_sent = 0;
  std::uint64_t retransmissions_answered = 0;
  std::uint64_t unparsable = 0;           ///< no IKEv2 message
  std::uint64_t unknown_spi = 0;          ///< no such IKE SA
  std::uint64_t not_authentic = 0;        ///< integrity check failed
  std::uint64_t out_of_window = 0;        ///< message ID neither expected nor answered last
  std::uint64_t out_of_state = 0;         ///< exchange not legal in this state
  std::uint64_t malformed_authentic = 0;  ///< authentic, but against the RFC
  std::uint64_t cookies_sent = 0;
  std::uint64_t cookies_wrong = 0;
  std::uint64_t half_open_refused = 0;    ///< a limit on half-open SAs
  std::uint64_t fragments_received = 0;   ///< authentic, stored for reassembly
  std::uint64_t fragments_dropped = 0;    ///< duplicates, of an older set, of a message that needs none, not negotiated
  std::uint64_t fragment_sets_refused = 0;  ///< more fragments or octets than one message may have
  std::uint64_t fragment_sets_expired = 0;  ///< never completed
  std::uint64_t messages_refragmented = 0;  ///< sent again in smaller fragments (RFC 7383 §2.5.2)
  std::uint64_t deadline_lateness_us = 0;  ///< the most that anything was done after its time, in microseconds
  std::uint64_t keepalives_sent = 0;
  std::uint64_t peer_moves = 0;           ///< a NAT in front of the peer gave it another endpoint, and we followed
  std::uint64_t unprotected_errors = 0;   ///< error notifies in clear, remembered as hints only

  /// Of several engines together.
  Counters& operator+=(const Counters& other);
};

}  // namespace keypact::ike
