// Budgets: what peers together, one source and one identity may cost us. The defaults stand in base/limits.h with their reasons;
// whoever runs an engine may set others. 0 means: no such bound.
#pragma once

#include "base/limits.h"
#include "base/token_bucket.h"

namespace keypact::ike {

struct Budgets {
  // IKE_SA_INIT requests that are taken without a cookie.
  RateLimit init_per_source = limits::kInitPerSource;    ///< an IPv4 address, an IPv6 /64
  RateLimit init_per_network = limits::kInitPerNetwork;  ///< an IPv4 /24, an IPv6 /48
  /// Of one processor, for their key exchanges; as much as one second's share at once.
  unsigned key_exchange_percent = limits::kKeyExchangePercent;
  std::size_t half_open_before_cookies = limits::kHalfOpenBeforeCookies;

  std::size_t half_open = limits::kHalfOpen;
  std::size_t half_open_per_source = limits::kHalfOpenPerSource;
  Duration half_open_life = limits::kHalfOpenLife;
  std::size_t ike_sas_per_source = limits::kIkeSasPerSource;
  std::size_t ike_sas_per_identity = limits::kIkeSasPerIdentity;
  /// CREATE_CHILD_SA requests to one IKE SA.
  RateLimit create_child = limits::kCreateChild;
  /// Errors in clear, and events, about messages that belong to no IKE SA.
  RateLimit clear_errors = limits::kClearErrors;
};

}  // namespace keypact::ike
