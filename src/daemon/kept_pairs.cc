#include "daemon/kept_pairs.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace keypact::daemon {
namespace {

/// No policy of an engine has such a number.
constexpr std::uint64_t kPolicyIds = std::uint64_t{1} << 60;
constexpr std::uint16_t kNatPort = 4500;
/// Lines of the log for what happens to many at once.
constexpr std::size_t kTold = 16;

PolicyId policy_id(std::uint64_t number) { return {kPolicyIds | number}; }

std::string name_of(const Fit& fit) { return fit.connection + '/' + fit.child; }

std::string name_of(const KeptPair& pair) { return "the SAs of the previous run (" + pair.to_string() + ")"; }

struct Selectors {
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
};
/// Without ports, which the kernel has as masks.
Selectors selectors_of(const KeptPair& pair) {
  Selectors found;
  for (const auto& key : pair.keys(xfrm::Direction::out)) {
    found.local.push_back(TrafficSelector::of(key.selector.source));
    found.remote.push_back(TrafficSelector::of(key.selector.destination));
    found.local.back().protocol = found.remote.back().protocol = key.selector.protocol;
  }
  return found;
}

/// What the NAT in front of it calls its IKE port nobody knows.
bool is_behind_nat(const KeptPair& pair) { return pair.outbound.udp && pair.outbound.udp->destination != kNatPort; }

}  // namespace

void KeptPairs::tell(const std::string& text) {
  if (tell_) tell_(text);
  else untold_.push_back(text);
}

void KeptPairs::tell_some(const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < std::min(kTold, texts.size()); ++i) tell(texts[i]);
  if (texts.size() > kTold) tell("and " + std::to_string(texts.size() - kTold) + " more of them");
}

void KeptPairs::take(LeftBehind left, Instant now) {
  taken_ = now;
  for (auto& pair : left.pairs) {
    std::array<char, IF_NAMESIZE> name{};
    if (const auto device = pair.policies.front().first.device; device != 0 && if_indextoname(device, name.data()))
      pair.interface = name.data();
    const auto number = ++last_number_;
    spd_.keep(number, pair);
    for (const auto& key : pair.keys(xfrm::Direction::out)) by_key_.emplace(key, number);
    entries_.emplace(number, Entry{std::move(pair)});
  }
  remove(left.others);
  if (!left.others.empty())
    tell(std::to_string(left.others.size()) + " SAs of the previous run are removed: no policy led to them");
}

void KeptPairs::remove(const std::vector<xfrm::StateId>& states) {
  std::vector<xfrm::Message> removals;
  for (const auto& state : states) removals.push_back(xfrm::delete_state(state));
  (void)ask_kernel(socket_, removals);
}

void KeptPairs::start(Request request, Tell tell) {
  request_ = std::move(request);
  tell_ = std::move(tell);
  for (const auto& text : std::exchange(untold_, {})) tell_(text);
}

ike::PolicyBook::EarlierRun KeptPairs::places(const config::Snapshot& snapshot) const {
  ike::PolicyBook::EarlierRun run;
  const ChildFinder children(snapshot);
  for (const auto& [number, entry] : entries_) {
    const auto lanes = entry.pair.lanes();
    if (entry.replaced || !lanes || *lanes == Lanes{}) continue;
    for (const auto& lane : {lanes->in, lanes->out}) run.numbers.insert({lane.mark.value, lane.interface_id});
    const auto fit = children.find(entry.pair);
    if (!fit) continue;
    auto [local, remote] = selectors_of(entry.pair);
    run.children.push_back({{fit->connection, fit->child}, std::move(local), std::move(remote), lanes->in, lanes->out});
  }
  return run;
}

void KeptPairs::compare_with(const config::Snapshot& snapshot, Instant now) {
  if (entries_.empty()) return;
  const ChildFinder children(snapshot);
  std::vector<std::uint64_t> unfit;
  std::vector<std::string> told;
  for (auto& [number, entry] : entries_) {
    if (entry.replaced) continue;
    auto fit = children.find(entry.pair);
    if (fit && entry.fit == *fit) continue;
    if (fit) {
      told.push_back(adopt(number, std::move(*fit), now));
      continue;
    }
    entry.misfit = fit.error();
    if (entry.fit || decided_) unfit.push_back(number);
  }
  for (const auto number : unfit) told.push_back(drop(number, std::string(entries_.at(number).misfit)));
  tell_some(told);
}

std::string KeptPairs::adopt(std::uint64_t number, Fit fit, Instant now) {
  auto& entry = entries_.at(number);
  forget_child(number, entry);
  by_child_.emplace(name_of(fit), number);
  entry.fit = std::move(fit);
  if (!entry.ends) entry.ends = now + kMost;
  const bool comes = is_behind_nat(entry.pair);
  if (!comes) ask(entry, now);
  return name_of(entry.pair) + " carry " + name_of(*entry.fit) + " until new ones do, at most " +
         std::to_string(std::chrono::duration_cast<seconds>(kMost).count()) + " s" +
         (comes ? "; its peer is behind a NAT and must begin by itself" : "");
}

void KeptPairs::ask(Entry& entry, Instant now) {
  entry.ask_at = now + kBetweenRequests;
  const auto& state = entry.pair.outbound;
  if (request_) request_({{}, entry.fit->connection, entry.fit->child, state.source, state.id.destination});
}

void KeptPairs::forget_unfit() {
  decided_ = true;
  std::vector<std::uint64_t> unfit;
  for (const auto& [number, entry] : entries_)
    if (!entry.fit && !entry.replaced) unfit.push_back(number);
  std::vector<std::string> told;
  for (const auto number : unfit) {
    const auto why = entries_.at(number).misfit;
    told.push_back(drop(number, why.empty() ? "no child is configured" : why));
  }
  tell_some(told);
}

std::set<std::uint64_t> KeptPairs::same_traffic(const ipsec::ChildSa& sa, const std::string& policy) const {
  std::set<std::uint64_t> found;
  const auto [first, last] = by_child_.equal_range(policy);
  for (auto each = first; each != last; ++each) found.insert(each->second);
  for (const auto& key : spd_.policies_of(sa.id))
    if (const auto kept = by_key_.find(key); kept != by_key_.end()) found.insert(kept->second);
  std::erase_if(found, [&](std::uint64_t number) { return entries_.at(number).replaced; });
  return found;
}

void KeptPairs::carried_by(const ipsec::ChildSa& sa, const std::string& policy, Instant now) {
  for (const auto number : same_traffic(sa, policy)) replace(number, now);
}

void KeptPairs::stood_by(const ipsec::ChildSa& sa, const std::string& policy, Instant now) {
  for (const auto number : same_traffic(sa, policy)) giving_way_.try_emplace(number, now + kUntilPeerHasIt);
}

std::vector<std::uint64_t> KeptPairs::of_connection(const std::string& connection) const {
  std::vector<std::uint64_t> found;
  for (auto each = by_child_.lower_bound(connection + '/'); each != by_child_.end(); ++each) {
    const auto& entry = entries_.at(each->second);
    if (!each->first.starts_with(connection + '/')) break;
    if (entry.fit->connection == connection && !entry.replaced) found.push_back(each->second);
  }
  return found;
}

std::optional<xfrm::StateReport> KeptPairs::outbound(const KeptPair& pair) const {
  std::vector<xfrm::Message> question;
  question.push_back(xfrm::get_state(pair.outbound.id));
  std::optional<xfrm::StateReport> found;
  (void)ask_kernel(socket_, question, [&](const xfrm::MessageView& message) { found = xfrm::read_state(message); });
  return found;
}

/// In the place of an SA that it lost the kernel may have what waits for one.
bool KeptPairs::is_lost(std::uint64_t number) const {
  const auto entry = entries_.find(number);
  if (entry == entries_.end()) return false;
  const auto report = outbound(entry->second.pair);
  return !report || (report->encryption.empty() && report->integrity.empty());
}

/// At the rate since it was found.
bool KeptPairs::has_room(const KeptPair& pair, Instant now) const {
  const auto report = outbound(pair);
  if (!report) return false;
  const auto packets = report->packets - std::min(report->packets, pair.packets);
  const auto since = static_cast<std::uint64_t>((now - taken_) / milliseconds(1));
  return packets * static_cast<std::uint64_t>(kUsualAnswer / milliseconds(1)) <= kRoom * since;
}

void KeptPairs::hold(const std::string& connection, const CanWait& can_wait, Instant now) {
  for (const auto number : of_connection(connection)) {
    auto& entry = entries_.at(number);
    if (entry.held_until || !can_wait(name_of(*entry.fit)) || !has_room(entry.pair, now)) continue;
    entry.held_until = now + kMostHeld;
    held_.insert(number);
    spd_.stop_kept(number);
  }
  for (const auto& problem : spd_.flush()) tell(problem);
}

void KeptPairs::carry(std::uint64_t number) {
  auto& entry = entries_.at(number);
  entry.held_until.reset();
  held_.erase(number);
  spd_.carry_kept(number, entry.pair);
}

void KeptPairs::carry(const std::string& connection) {
  for (const auto number : of_connection(connection))
    if (entries_.at(number).held_until) carry(number);
  for (const auto& problem : spd_.flush()) tell(problem);
}

void KeptPairs::carry_again(Instant now) {
  const auto held = held_;
  for (const auto number : held)
    if (*entries_.at(number).held_until <= now) carry(number);
  for (const auto& problem : spd_.flush()) tell(problem);
}

bool KeptPairs::is_held(const std::string& child) const {
  const auto [first, last] = by_child_.equal_range(child);
  return std::any_of(first, last, [&](const auto& each) { return entries_.at(each.second).held_until.has_value(); });
}

std::optional<Instant> KeptPairs::held_until() const {
  std::optional<Instant> first;
  for (const auto number : held_) {
    const auto until = entries_.at(number).held_until;
    if (!first || *until < *first) first = until;
  }
  return first;
}

void KeptPairs::replace(std::uint64_t number, Instant now) {
  auto& entry = entries_.at(number);
  giving_way_.erase(number);
  entry.held_until.reset();
  held_.erase(number);
  entry.replaced = true;
  entry.ask_at.reset();
  entry.ends = now + kStragglers;
  spd_.stop_kept(number);
  for (const auto& problem : spd_.flush()) tell(problem);
}

std::string KeptPairs::drop(std::uint64_t number, const std::string& why) {
  const auto entry = std::move(entries_.extract(number).mapped());
  giving_way_.erase(number);
  held_.erase(number);
  for (const auto& key : entry.pair.keys(xfrm::Direction::out)) by_key_.erase(key);
  forget_child(number, entry);
  gone_.push_back(policy_id(number));
  spd_.forget_kept(number);
  for (const auto& problem : spd_.flush()) tell(problem);
  remove(entry.pair.states());
  return name_of(entry.pair) + " are removed: " + (entry.replaced ? "new ones carry their traffic" : why);
}

void KeptPairs::forget_child(std::uint64_t number, const Entry& entry) {
  if (!entry.fit) return;
  const auto [first, last] = by_child_.equal_range(name_of(*entry.fit));
  const auto its = std::ranges::find(first, last, number, [](const auto& each) { return each.second; });
  if (its != last) by_child_.erase(its);
}

void KeptPairs::lose(const xfrm::StateId& state) {
  for (const auto& [number, entry] : entries_) {
    if (std::ranges::count(entry.pair.states(), state) == 0) continue;
    return tell(drop(number, "their lifetime is over"));
  }
}

void KeptPairs::lose(std::uint64_t number) {
  if (entries_.contains(number)) tell(drop(number, "the kernel has them no more"));
}

void KeptPairs::on_tick(Instant now) {
  std::vector<std::uint64_t> over;
  for (auto& [number, entry] : entries_) {
    if (entry.ends && *entry.ends <= now) over.push_back(number);
    else if (entry.ask_at && *entry.ask_at <= now) ask(entry, now);
  }
  std::vector<std::string> told;
  for (const auto number : over) told.push_back(drop(number, "nothing has replaced them in time"));
  tell_some(told);
  const auto giving_way = giving_way_;
  for (const auto& [number, at] : giving_way)
    if (at <= now) replace(number, now);
}

std::vector<ipsec::Policy> KeptPairs::policies() const {
  std::vector<ipsec::Policy> all;
  for (const auto& [number, entry] : entries_) {
    ipsec::Policy policy;
    policy.id = policy_id(number);
    policy.mode = entry.pair.mode;
    auto [local, remote] = selectors_of(entry.pair);
    policy.local = std::move(local);
    policy.remote = std::move(remote);
    if (const auto lanes = entry.pair.lanes()) policy.placement.out = lanes->out;
    policy.placement.interface = entry.pair.interface;
    all.push_back(std::move(policy));
  }
  return all;
}

std::set<xfrm::StateId> KeptPairs::states() const {
  std::set<xfrm::StateId> all;
  for (const auto& [number, entry] : entries_)
    for (const auto& id : entry.pair.states()) all.insert(id);
  return all;
}

std::set<EspSpi> KeptPairs::inbound_spis() const {
  std::set<EspSpi> spis;
  for (const auto& [number, entry] : entries_)
    for (const auto& state : entry.pair.inbound) spis.insert(state.spi);
  return spis;
}

std::string KeptPairs::describe(std::uint64_t number, Instant now) const {
  const auto& entry = entries_.at(number);
  auto text = name_of(entry.pair) + " carry ";
  if (entry.fit) text += entry.fit->connection + '/' + entry.fit->child + ": they go when a new Child SA does";
  else text += "traffic: they go when no connection that is loaded wants them";
  if (entry.ends)
    text += ", at the latest in " +
            std::to_string(std::chrono::duration_cast<seconds>(*entry.ends - std::min(now, *entry.ends)).count()) +
            " s";
  return text;
}

std::vector<control::KeptSas> KeptPairs::list(Instant now) const {
  std::vector<control::KeptSas> all;
  for (const auto& [number, entry] : entries_) {
    if (entry.replaced) continue;
    const auto& outbound = entry.pair.outbound.id;
    auto& sas = all.emplace_back();
    if (entry.fit) std::tie(sas.connection, sas.child) = std::tie(entry.fit->connection, entry.fit->child);
    sas.outbound = outbound.spi;
    sas.remote = outbound.destination;
    if (entry.ends) sas.ends_in = *entry.ends - std::min(now, *entry.ends);
    sas.text = describe(number, now);
  }
  return all;
}

}  // namespace keypact::daemon
