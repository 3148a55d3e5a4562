#include "ike/engine/upkeep.h"

#include <algorithm>

namespace keypact::ike {
namespace {

constexpr Duration kFirstPause = seconds(1);
constexpr Duration kLongestPause = seconds(60);
constexpr unsigned kDoublings = 6;

/// From the pause to twice as much: those who lost the same gateway do not come back at the same moment.
Duration pause_after(unsigned failures, RandomSource& random) {
  const auto pause = std::min(kFirstPause * (1u << std::min(failures, kDoublings)), kLongestPause);
  return pause + Duration(static_cast<Duration::rep>(random.u64() % static_cast<std::uint64_t>(pause.count())));
}

}  // namespace

void Upkeep::want(Initiate initiate, Patience patience, Instant at, unsigned most_tries) {
  const Name name{initiate.connection, initiate.child};
  const auto [wish, fresh] = wishes_.try_emplace(name, Wish{std::move(initiate), patience, most_tries, 0, at});
  // Who asks for it does not wait for what was put off; but a packet is no reason to try again what failed.
  const bool may_hurry = wish->second.failures == 0 || patience == Patience::forever;
  if (wish->second.at && may_hurry) wish->second.at = std::min(*wish->second.at, at);
  if (patience == Patience::forever) wish->second.patience = patience;
}

void Upkeep::forget(const std::string& connection) {
  std::erase_if(wishes_, [&](const auto& entry) { return entry.first.first == connection; });
}

void Upkeep::forget(const std::string& connection, const std::string& child) { wishes_.erase({connection, child}); }

void Upkeep::forget_unless(const std::function<bool(const Initiate&)>& fits) {
  std::erase_if(wishes_, [&](const auto& entry) { return !fits(entry.second.initiate); });
}

std::vector<Initiate> Upkeep::take_due(Instant now) {
  std::vector<Initiate> due;
  for (auto& [name, wish] : wishes_) {
    if (!wish.at || *wish.at > now) continue;
    wish.at.reset();
    auto initiate = wish.initiate;
    initiate.id = ControlId{kOurs | std::uint64_t{engine_} << kEngineAt | ++last_id_};
    attempts_.emplace(initiate.id, name);
    due.push_back(std::move(initiate));
  }
  return due;
}

std::optional<Upkeep::Name> Upkeep::conclude(ControlId id, bool up, Instant now, RandomSource& random) {
  const auto attempt = attempts_.find(id);
  if (attempt == attempts_.end()) return std::nullopt;
  auto name = std::move(attempt->second);
  const auto in_vain = up ? std::nullopt : std::optional(name);
  const auto wish = wishes_.find(name);
  attempts_.erase(attempt);
  if (wish == wishes_.end()) return in_vain;
  auto& [initiate, patience, most_tries, failures, at] = wish->second;
  if (up || patience == Patience::once || (most_tries != 0 && failures + 1 >= most_tries)) {
    wishes_.erase(wish);
    return in_vain;
  }
  at = now + pause_after(failures++, random);
  return std::nullopt;
}

std::optional<Instant> Upkeep::next() const {
  std::optional<Instant> first;
  for (const auto& [name, wish] : wishes_)
    if (wish.at && (!first || *wish.at < *first)) first = wish.at;
  return first;
}

}  // namespace keypact::ike
