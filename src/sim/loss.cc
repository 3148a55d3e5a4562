#include "sim/loss.h"

#include <algorithm>
#include <cstdio>

#include "sim/site_to_site.h"

namespace keypact::sim {
namespace {

/// Networks at each end: the IKE_AUTH messages need three fragments of 1280 octets each.
constexpr unsigned kNetworks = 30;

std::pair<SiteToSite, SiteToSite> sites() {
  auto [left, right] = left_and_right();
  for (unsigned i = 1; i <= kNetworks; ++i) {
    const auto network = [i](const char* start) {
      return prefix_of(*IpAddress::parse(start + std::to_string(2 * i) + "::"), 64);
    };
    left.more_local.push_back(network("fd01:"));
    left.more_remote.push_back(network("fd02:"));
  }
  right.more_local = left.more_remote;
  right.more_remote = left.more_local;
  return {left, right};
}

struct Handshake {
  std::optional<Duration> took;
  std::uint64_t datagrams = 0;
};

Handshake run(unsigned loss, std::uint64_t seed, const std::pair<SiteToSite, SiteToSite>& ends) {
  World world(seed);
  world.set_tracing(false);
  auto& left = world.add("left", ends.first.local, ends.first.snapshot());
  auto& right = world.add("right", ends.second.local, ends.second.snapshot());
  Faults faults;
  faults.loss = loss;
  faults.least_delay = milliseconds(10);
  faults.most_delay = milliseconds(60);
  world.set_faults(faults);
  const auto begin = world.now();
  world.control(left, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  Handshake handshake;
  while (world.now() - begin <= kHandshakeTime && !handshake.took) {
    if (!world.step(begin + kHandshakeTime)) break;
    if (left.last<ike::ChildSaUp>() != nullptr) handshake.took = world.now() - begin;
  }
  handshake.datagrams = left.engine.counters().sent + right.engine.counters().sent;
  return handshake;
}

std::string in_seconds(Duration duration) {
  const auto tenths = std::chrono::duration_cast<milliseconds>(duration).count() / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

}  // namespace

LossOutcome run_handshakes(unsigned loss, unsigned handshakes, std::uint64_t first_seed) {
  const auto ends = sites();
  LossOutcome outcome;
  outcome.loss = loss;
  outcome.handshakes = handshakes;
  std::vector<Duration> times;
  std::uint64_t datagrams = 0;
  for (std::uint64_t seed = first_seed; seed - first_seed < handshakes; ++seed) {
    const auto handshake = run(loss, seed, ends);
    datagrams += handshake.datagrams;
    if (handshake.took) times.push_back(*handshake.took);
    else if (outcome.first_failed == 0) outcome.first_failed = seed;
  }
  outcome.completed = static_cast<unsigned>(times.size());
  outcome.datagrams = handshakes == 0 ? 0 : static_cast<double>(datagrams) / handshakes;
  std::ranges::sort(times);
  if (!times.empty()) {
    outcome.median = times[times.size() / 2];
    outcome.slowest_of_hundred = times[times.size() * 99 / 100];
  }
  return outcome;
}

std::string share(const LossOutcome& outcome) {
  const auto hundredths = outcome.handshakes == 0 ? 0 : std::uint64_t{outcome.completed} * 10000 / outcome.handshakes;
  char text[32];
  (void)std::snprintf(text, sizeof text, "%llu.%02llu %%", static_cast<unsigned long long>(hundredths / 100),
                      static_cast<unsigned long long>(hundredths % 100));
  return text;
}

std::string to_string(const LossOutcome& outcome) {
  char datagrams[32];
  (void)std::snprintf(datagrams, sizeof datagrams, "%.1f", outcome.datagrams);
  auto text = std::to_string(outcome.loss) + " % loss: " + share(outcome) + " of " +
              std::to_string(outcome.handshakes) + " handshakes, median " + in_seconds(outcome.median) +
              ", 99 % within " + in_seconds(outcome.slowest_of_hundred) + ", " + datagrams + " datagrams each";
  if (outcome.first_failed != 0) text += ", first failed seed " + std::to_string(outcome.first_failed);
  return text;
}

}  // namespace keypact::sim
