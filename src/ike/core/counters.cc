#include "ike/core/counters.h"

#include <algorithm>

namespace keypact::ike {

Counters& Counters::operator+=(const Counters& other) {
  received += other.received;
  sent += other.sent;
  retransmissions_sent += other.retransmissions_sent;
  retransmissions_answered += other.retransmissions_answered;
  unparsable += other.unparsable;
  unknown_spi += other.unknown_spi;
  not_authentic += other.not_authentic;
  out_of_window += other.out_of_window;
  out_of_state += other.out_of_state;
  malformed_authentic += other.malformed_authentic;
  cookies_sent += other.cookies_sent;
  cookies_wrong += other.cookies_wrong;
  half_open_refused += other.half_open_refused;
  fragments_received += other.fragments_received;
  fragments_dropped += other.fragments_dropped;
  fragment_sets_refused += other.fragment_sets_refused;
  fragment_sets_expired += other.fragment_sets_expired;
  messages_refragmented += other.messages_refragmented;
  keepalives_sent += other.keepalives_sent;
  peer_moves += other.peer_moves;
  unprotected_errors += other.unprotected_errors;
  deadline_lateness_us = std::max(deadline_lateness_us, other.deadline_lateness_us);
  return *this;
}

}  // namespace keypact::ike
