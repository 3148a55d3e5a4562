#include "ike/v2/lifetime.h"

#include <algorithm>

namespace keypact::ike::v2 {
namespace {

constexpr Duration kFirstRetry = milliseconds(500);
constexpr Duration kLongestRetry = seconds(30);
constexpr unsigned kDoublings = 6;

std::optional<Instant> after(Instant now, Duration time, Duration less) {
  if (time <= Duration{}) return std::nullopt;
  return now + std::max(time - less, Duration{});
}

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// With a random amount off, but never nothing: 0 is no limit.
std::uint64_t soft_limit(const config::VolumeSetting& volume, RandomSource& random) {
  if (volume.rekey == 0) return 0;
  const auto off = volume.rand == 0 ? 0 : random.u64() % volume.rand;
  return volume.rekey - std::min(off, volume.rekey - 1);
}

}  // namespace

std::optional<Instant> Lifetime::next() const { return earlier(earlier(rekey, reauthenticate), expires); }

Lifetime lifetime_of(const config::ChildConfig& child, Instant now, RandomSource& random) {
  Lifetime lifetime;
  lifetime.rekey = after(now, child.rekey_time, random_duration(random, child.rand_time));
  lifetime.expires = after(now, child.life_time, {});
  return lifetime;
}

Lifetime lifetime_of(const config::Connection& connection, Instant authenticated, Instant now, RandomSource& random) {
  Lifetime lifetime;
  lifetime.rekey = after(now, connection.rekey_time, random_duration(random, connection.rand_time));
  lifetime.reauthenticate = after(authenticated, connection.reauth_time, random_duration(random, connection.rand_time));
  if (const auto first = earlier(lifetime.rekey, lifetime.reauthenticate); first && connection.over_time > Duration{})
    lifetime.expires = *first + connection.over_time;
  return lifetime;
}

ipsec::VolumeLimit soft_limit_of(const config::ChildConfig& child, RandomSource& random) {
  return {soft_limit(child.octets, random), soft_limit(child.packets, random)};
}

ipsec::VolumeLimit hard_limit_of(const config::ChildConfig& child) { return {child.octets.life, child.packets.life}; }

Duration random_duration(RandomSource& random, Duration most) {
  if (most <= Duration{}) return {};
  return Duration(static_cast<Duration::rep>(random.u64() % static_cast<std::uint64_t>(most.count())));
}

Duration retry_delay(RandomSource& random, unsigned failures) {
  const auto base = std::min(kFirstRetry * (1u << std::min(failures, kDoublings)), kLongestRetry);
  return base + random_duration(random, base);
}

}  // namespace keypact::ike::v2
