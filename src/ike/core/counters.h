// Counters of one engine: every message that was dropped has its number here, so that a drop without a log line can be seen.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

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
  std::uint64_t cookies_accepted = 0;
  std::uint64_t half_open_refused = 0;        ///< a limit on half-open SAs
  std::uint64_t half_open_expired = 0;        ///< never authenticated
  std::uint64_t half_open_junk = 0;           ///< dropped after too many messages that failed their integrity check
  std::uint64_t source_refused = 0;           ///< too many IKE SAs of one address
  std::uint64_t identity_refused = 0;         ///< too many IKE SAs of one identity
  std::uint64_t create_child_deferred = 0;    ///< CREATE_CHILD_SA requests that came too fast
  std::uint64_t child_sas_refused = 0;        ///< too many Child SAs in one IKE SA
  std::uint64_t clear_errors_suppressed = 0;  ///< errors in clear that were neither answered nor told
  std::uint64_t fragments_received = 0;       ///< authentic, stored for reassembly
  std::uint64_t fragments_dropped = 0;  ///< duplicates, of an older set, of a message that needs none, not negotiated
  std::uint64_t fragment_sets_refused = 0;  ///< more fragments or octets than one message may have
  std::uint64_t fragment_sets_expired = 0;  ///< never completed
  std::uint64_t messages_refragmented = 0;  ///< sent again in smaller fragments (RFC 7383 §2.5.2)
  std::uint64_t deadline_lateness_us = 0;   ///< the most that anything was done after its time, in microseconds
  std::uint64_t invalid_ike_spi_sent = 0;   ///< told a peer that we know no such IKE SA
  std::uint64_t invalid_spi_sent = 0;       ///< told a peer that its ESP belongs to no SA
  std::uint64_t redirected = 0;             ///< peers that were sent to another gateway
  std::uint64_t redirects_refused = 0;      ///< not followed
  std::uint64_t keepalives_sent = 0;
  std::uint64_t peer_moves = 0;          ///< a NAT in front of the peer gave it another endpoint, and we followed
  std::uint64_t unprotected_errors = 0;  ///< error notifies in clear, remembered as hints only

  /// Of several engines together.
  Counters& operator+=(const Counters& other);
};

/// Every counter with its name for programs.
struct CounterName {
  std::string_view name;
  std::uint64_t Counters::* value;
};
inline constexpr std::array kCounterNames = {
    CounterName{"received", &Counters::received},
    CounterName{"sent", &Counters::sent},
    CounterName{"retransmissions-sent", &Counters::retransmissions_sent},
    CounterName{"retransmissions-answered", &Counters::retransmissions_answered},
    CounterName{"unparsable", &Counters::unparsable},
    CounterName{"unknown-spi", &Counters::unknown_spi},
    CounterName{"not-authentic", &Counters::not_authentic},
    CounterName{"out-of-window", &Counters::out_of_window},
    CounterName{"out-of-state", &Counters::out_of_state},
    CounterName{"malformed-authentic", &Counters::malformed_authentic},
    CounterName{"cookies-sent", &Counters::cookies_sent},
    CounterName{"cookies-wrong", &Counters::cookies_wrong},
    CounterName{"cookies-accepted", &Counters::cookies_accepted},
    CounterName{"half-open-refused", &Counters::half_open_refused},
    CounterName{"half-open-expired", &Counters::half_open_expired},
    CounterName{"half-open-junk", &Counters::half_open_junk},
    CounterName{"source-refused", &Counters::source_refused},
    CounterName{"identity-refused", &Counters::identity_refused},
    CounterName{"create-child-deferred", &Counters::create_child_deferred},
    CounterName{"child-sas-refused", &Counters::child_sas_refused},
    CounterName{"clear-errors-suppressed", &Counters::clear_errors_suppressed},
    CounterName{"fragments-received", &Counters::fragments_received},
    CounterName{"fragments-dropped", &Counters::fragments_dropped},
    CounterName{"fragment-sets-refused", &Counters::fragment_sets_refused},
    CounterName{"fragment-sets-expired", &Counters::fragment_sets_expired},
    CounterName{"messages-refragmented", &Counters::messages_refragmented},
    CounterName{"unprotected-errors", &Counters::unprotected_errors},
    CounterName{"invalid-ike-spi-sent", &Counters::invalid_ike_spi_sent},
    CounterName{"invalid-spi-sent", &Counters::invalid_spi_sent},
    CounterName{"redirected", &Counters::redirected},
    CounterName{"redirects-refused", &Counters::redirects_refused},
    CounterName{"keepalives-sent", &Counters::keepalives_sent},
    CounterName{"peer-moves", &Counters::peer_moves},
    CounterName{"deadline-lateness-us", &Counters::deadline_lateness_us},
};
static_assert(sizeof(Counters) == kCounterNames.size() * sizeof(std::uint64_t), "a counter has no name");

}  // namespace keypact::ike
