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

Duration random_duration(RandomSource& random, Duration most) {
  if (most <= Duration{}) return {};
  return Duration(static_cast<Duration::rep>(random.u64() % static_cast<std::uint64_t>(most.count())));
}

Duration retry_delay(RandomSource& random, unsigned failures) {
  const auto base = std::min(kFirstRetry * (1u << std::min(failures, kDoublings)), kLongestRetry);
  return base + random_duration(random, base);
}

}  // namespace keypact::ike::v2
