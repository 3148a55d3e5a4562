#include "ike/engine/admission.h"

#include <algorithm>

namespace keypact::ike {
namespace {

/// Microseconds of one processor for a responder's part: the order of magnitude is enough.
unsigned cost_of(KeyExchangeMethod method) {
  switch (method) {
    case KeyExchangeMethod::MODP_2048:
    case KeyExchangeMethod::MODP_1536: return 1500;
    case KeyExchangeMethod::MODP_3072: return 4000;
    case KeyExchangeMethod::MODP_4096: return 8000;
    case KeyExchangeMethod::MODP_6144: return 20000;
    case KeyExchangeMethod::MODP_8192: return 40000;
    case KeyExchangeMethod::ECP_384:
    case KeyExchangeMethod::ECP_521:
    case KeyExchangeMethod::BRAINPOOL_P256R1:
    case KeyExchangeMethod::BRAINPOOL_P384R1:
    case KeyExchangeMethod::BRAINPOOL_P512R1: return 2000;
    case KeyExchangeMethod::CURVE448: return 500;
    default: return 150;
  }
}

}  // namespace

std::size_t Admission::place_of(const IpAddress& source, std::size_t octets) const {
  std::uint64_t value = octets;
  // Both multiplications are with what nobody outside knows.
  for (const auto octet : source.octets().first(octets)) value = value << 8 ^ (value >> 56) * key_ ^ octet;
  value = (value ^ value >> 32) * key_;
  value = (value ^ value >> 29) * key_;
  return static_cast<std::size_t>(value >> 32);
}

Admission::Verdict Admission::judge(Instant now, const IpAddress& source, KeyExchangeMethod method,
                                    const Occupancy& occupancy) {
  const auto reached = [](std::size_t value, std::size_t bound) { return bound != 0 && value >= bound; };
  if (reached(occupancy.half_open, budgets_.half_open) ||
      reached(occupancy.half_open_of_source, budgets_.half_open_per_source))
    return Verdict::too_many_half_open;
  if (reached(occupancy.established_of_source, budgets_.ike_sas_per_source)) return Verdict::too_many_of_source;
  auto& own = sources_[place_of(source, source.is_v4() ? 4 : 8) % kSources];
  auto& network = networks_[place_of(source, source.is_v4() ? 3 : 6) % kNetworks];
  const auto until = now + kHold;
  if (reached(occupancy.half_open, budgets_.half_open_before_cookies)) cookies_until_ = until;
  if (budgets_.half_open_per_source != 0 && occupancy.half_open_of_source >= limits::kHalfOpenPerSourceBeforeCookies)
    own.cookies_until = until;
  if (now < cookies_until_ || now < own.cookies_until || now < network.cookies_until) return Verdict::prove_address;
  if (!own.bucket.take(now, budgets_.init_per_source)) own.cookies_until = until;
  else if (!network.bucket.take(now, budgets_.init_per_network)) network.cookies_until = until;
  else if (!take_key_exchange(now, method)) cookies_until_ = until;
  else return Verdict::admit;
  return Verdict::prove_address;
}

bool Admission::take_key_exchange(Instant now, KeyExchangeMethod method) {
  const unsigned share = budgets_.key_exchange_percent * 10'000;  // microseconds a second
  return key_exchanges_.take(now, {share, share}, cost_of(method));
}

void Admission::charge(Instant now, KeyExchangeMethod method) {
  if (!take_key_exchange(now, method)) cookies_until_ = std::max(cookies_until_, now + kHold);
}

Duration Admission::half_open_life(std::size_t half_open) const {
  if (budgets_.half_open == 0 || half_open < budgets_.half_open / 4) return budgets_.half_open_life;
  const auto life =
      half_open < budgets_.half_open / 4 * 3 ? limits::kHalfOpenLifeUnderAttack : limits::kHalfOpenLifeWhenFull;
  return std::min(life, budgets_.half_open_life);
}

}  // namespace keypact::ike
