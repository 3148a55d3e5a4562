// Admission: whether an IKE_SA_INIT request begins a half-open IKE SA, must prove its address first, or is one too many. What is kept
// for it has a fixed size, whoever asks. RFC 7296 §2.6.
#pragma once

#include <array>

#include "base/ip_address.h"
#include "base/random_source.h"
#include "ike/core/budgets.h"
#include "proto/transform_registries.h"

namespace keypact::ike {

/// What there is already, in all and of this source.
struct Occupancy {
  std::size_t half_open = 0;
  std::size_t half_open_of_source = 0;
  std::size_t established_of_source = 0;
};

class Admission {
 public:
  /// `budgets` outlives it.
  Admission(const Budgets& budgets, RandomSource& random) : budgets_(budgets), key_(random.u64() | 1) {}

  enum class Verdict : std::uint8_t {
    admit,
    prove_address,  ///< with a cookie
    too_many_half_open,
    too_many_of_source,
  };
  /// Without regard to a cookie. An admitted request is charged.
  [[nodiscard]] Verdict judge(Instant now, const IpAddress& source, KeyExchangeMethod method,
                              const Occupancy& occupancy);

  /// An admitted request has agreed on further key exchanges. Where there is no room for one, the next requests bring a cookie.
  void charge(Instant now, KeyExchangeMethod method);

  [[nodiscard]] Duration half_open_life(std::size_t half_open) const;

 private:
  // A bucket may serve several sources: then they are asked for cookies earlier than need be, and that is all.
  static constexpr std::size_t kSources = 4096;
  static constexpr std::size_t kNetworks = 1024;

  /// Once a cookie was asked for it goes on being asked for: else a copy of the first request that was on its way could be
  /// taken while the initiator has gone on to another, and the two would sign different octets (RFC 7296 §2.15).
  static constexpr Duration kHold = seconds(10);

  struct Place {
    TokenBucket bucket;
    Instant cookies_until;
  };
  [[nodiscard]] bool take_key_exchange(Instant now, KeyExchangeMethod method);
  [[nodiscard]] std::size_t place_of(const IpAddress& source, std::size_t octets) const;

  const Budgets& budgets_;
  std::uint64_t key_;
  std::array<Place, kSources> sources_;
  std::array<Place, kNetworks> networks_;
  TokenBucket key_exchanges_;  ///< a token is a microsecond
  Instant cookies_until_;      ///< of everybody
};

}  // namespace keypact::ike
