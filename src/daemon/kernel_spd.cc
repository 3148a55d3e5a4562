#include "daemon/kernel_spd.h"

#include <net/if.h>

#include <algorithm>
#include <cerrno>

namespace keypact::daemon {
namespace {

using xfrm::Direction;
using xfrm::PolicyTable;
using xfrm::Template;

// Of RFC 4861, the types of router and neighbour solicitations and advertisements, and redirects.
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint16_t kFirstOfNeighbourDiscovery = 133;
constexpr std::uint16_t kLastOfNeighbourDiscovery = 137;

/// No policy of the engine has this number.
constexpr PolicyTable::Owner kNobody = 0;

// The lowest two bits of an owner say what it is.
constexpr PolicyTable::Owner kKind = 3;
constexpr PolicyTable::Owner kIsPolicy = 0;
constexpr PolicyTable::Owner kIsChildSa = 1;
constexpr PolicyTable::Owner kIsDrop = 2;
constexpr PolicyTable::Owner kIsKept = 3;

PolicyTable::Owner owner_of(PolicyId id) { return id.value << 2 | kIsPolicy; }
PolicyTable::Owner owner_of(ChildSaId id) { return id.value << 2 | kIsChildSa; }
PolicyTable::Owner drop_owner_of(PolicyId id) { return id.value << 2 | kIsDrop; }
PolicyTable::Owner kept_owner_of(std::uint64_t number) { return number << 2 | kIsKept; }

xfrm::Message message_for(const PolicyTable::Change& change) {
  switch (change.kind) {
    case PolicyTable::Change::Kind::add: return xfrm::new_policy(change.key, change.content, change.index);
    case PolicyTable::Change::Kind::replace: return xfrm::update_policy(change.key, change.content, change.index);
    case PolicyTable::Change::Kind::remove: break;
  }
  return xfrm::delete_policy(change.key);
}

std::string name_of(const xfrm::PolicyKey& key) {
  const auto way = key.direction == Direction::in ? "in" : key.direction == Direction::out ? "out" : "forward";
  return std::string(way) + " for " + key.selector.source.to_string() + " to " + key.selector.destination.to_string();
}

std::string reason_for(const PolicyTable::Change& change, const io::XfrmAnswer& answer) {
  const auto& selector = change.key.selector;
  const auto which = selector.source.to_string() + " to " + selector.destination.to_string();
  if (answer.code == EEXIST) return "another program has a policy of the kernel for " + which;
  return "the kernel refuses the policy for " + which + ": " + answer.reason();
}

/// What a packet passes on its way out, or has passed on its way in.
struct Templates {
  Template protection;
  std::optional<Template> compression;
};

/// What was compressed is between the two ends of the SA.
Templates with_compression(const ipsec::ChildSa& sa, Template protection, Cpi cpi) {
  if (!sa.compression) return {protection, std::nullopt};
  auto compression = protection;
  compression.spi = {cpi.value};
  compression.protocol = xfrm::IpProtocol::comp;
  protection.mode = Mode::transport;
  return {protection, compression};
}

Templates outbound_templates(const ipsec::ChildSa& sa, std::uint32_t reqid) {
  return with_compression(
      sa, {sa.local.address, sa.remote.address, sa.outbound_spi, reqid, sa.mode, xfrm::ip_protocol(sa.protocol)},
      sa.compression.value_or(CpiPair()).outbound);
}

/// Whoever the peer is and wherever it moves to: by the reqid the kernel knows what came by our SA.
Template inbound_template(IpFamily family, Mode mode, std::uint32_t reqid) {
  return {IpAddress::unspecified(family), IpAddress::unspecified(family), {}, reqid, mode};
}

Templates inbound_templates(const ipsec::ChildSa& sa, std::uint32_t reqid) {
  auto protection = inbound_template(sa.remote.address.family(), sa.mode, reqid);
  protection.protocol = xfrm::ip_protocol(sa.protocol);
  return with_compression(sa, protection, {});
}

}  // namespace

IpAddress nowhere() { return IpAddress::v4(192, 0, 0, 8); }

Result<std::vector<xfrm::PolicyReport>> KernelSpd::find_earlier_run() {
  std::vector<xfrm::PolicyReport> found;
  const auto listed = list_from_kernel(
      socket_, xfrm::dump_policies(), [&] { found.clear(); },
      [&](const xfrm::MessageView& message) {
        const auto report = xfrm::read_policy(message);
        if (report && table_.is_ours(report->index)) found.push_back(*report);
      });
  if (!listed.ok()) return failure(Error{"cannot list the kernel's IPsec policies", listed.reason(), ""});
  for (const auto& report : found) {
    table_.adopt(report);
    if (report.content.protection) earlier_reqids_.insert(report.content.protection->reqid);
  }
  return found;
}

/// Behind an SA of this run that is preferred, before one that stands by, and before the policy without an SA.
void KernelSpd::keep(std::uint64_t number, const KeptPair& pair) {
  for (const auto& [key, content] : pair.policies) table_.claim(kept_owner_of(number), key, {content, 0});
  if (reqids_.is_ours(pair.outbound.reqid)) reqids_.hold(pair.outbound.reqid);
  kept_by_key_[*pair.keys(Direction::out).begin()] = number;
  kept_.insert_or_assign(number, Kept{pair.keys(Direction::out), pair.mode, pair.outbound.reqid});
}

void KernelSpd::stop_kept(std::uint64_t number) { table_.release(kept_owner_of(number), Direction::out); }

void KernelSpd::carry_kept(std::uint64_t number, const KeptPair& pair) {
  for (const auto& [key, content] : pair.policies)
    if (key.direction == Direction::out) table_.claim(kept_owner_of(number), key, {content, 0});
}

void KernelSpd::forget_kept(std::uint64_t number) {
  table_.release(kept_owner_of(number));
  const auto kept = kept_.extract(number);
  if (!kept) return;
  kept_by_key_.erase(*kept.mapped().outbound.begin());
  if (reqids_.is_ours(kept.mapped().reqid)) reqids_.release(kept.mapped().reqid);
}

std::uint32_t KernelSpd::kept_reqid(const ipsec::ChildSa& sa) const {
  if (kept_.empty()) return 0;
  const auto selectors = xfrm::selectors_between(sa.local_selectors, sa.remote_selectors);
  const auto place = place_of(sa.placement);
  if (!selectors || !place) return 0;
  std::set<xfrm::PolicyKey> outbound;
  for (const auto& selector : *selectors) outbound.insert({Direction::out, selector, place->out, place->device});
  const auto found = outbound.empty() ? kept_by_key_.end() : kept_by_key_.find(*outbound.begin());
  if (found == kept_by_key_.end()) return 0;
  const auto& kept = kept_.at(found->second);
  return kept.mode == sa.mode && kept.outbound == outbound ? kept.reqid : 0;
}

const std::set<xfrm::PolicyKey>& KernelSpd::policies_of(ChildSaId id) const { return table_.claimed_by(owner_of(id)); }

Result<KernelSpd::Place, std::string> KernelSpd::place_of(const Placement& placement) {
  Place place{placement.in, placement.out, 0, placement.priority};
  if (placement.interface.empty()) return place;
  place.device = if_nametoindex(placement.interface.c_str());
  if (place.device == 0) return failure("there is no network interface " + placement.interface);
  return place;
}

void KernelSpd::claim(PolicyTable::Owner owner, const Place& place, Direction direction,
                      const std::vector<xfrm::Selector>& selectors, const Wish& wish) {
  const auto& lane = direction == Direction::out ? place.out : place.in;
  // Who has only the cipher of an SA knows nothing of policies.
  const auto whole_packets = wish.offload && wish.offload->packet ? wish.offload : std::nullopt;
  for (const auto& selector : selectors) {
    // What has no SA comes behind what has one.
    const bool trap = wish.action == PolicyAction::protect && !wish.has_sa;
    const auto priority =
        place.priority == 0 ? xfrm::priority_of(wish.action, selector, wish.has_sa) : place.priority + (trap ? 1 : 0);
    table_.claim(owner, {direction, selector, lane, place.device},
                 {{priority, wish.action == PolicyAction::discard, wish.protection, wish.compression, whole_packets},
                  wish.rank});
  }
}

/// What is forwarded into the tunnel passes, whatever drops it otherwise: behind all that is protected, which it must not let by.
void KernelSpd::claim_forwarded_out(PolicyTable::Owner owner, const Place& place,
                                    const std::vector<xfrm::Selector>& selectors, std::int64_t rank) {
  for (const auto& selector : selectors)
    table_.claim(owner, {Direction::forward, selector, place.out, place.device},
                 {{xfrm::kBehindWhatIsProtected, false, std::nullopt}, rank});
}

void KernelSpd::except_neighbour_discovery() {
  auto solicitations = TrafficSelector::all(IpFamily::v6);
  solicitations.protocol = kIcmp6;
  solicitations.ports = {kFirstOfNeighbourDiscovery << 8, kLastOfNeighbourDiscovery << 8 | 0xff};
  const auto selectors = xfrm::selectors_between({solicitations}, {TrafficSelector::all(IpFamily::v6)});
  for (const auto direction : {Direction::in, Direction::out, Direction::forward})
    claim(kNobody, {}, direction, *selectors, {PolicyAction::bypass});
}

Result<void, std::string> KernelSpd::install(const ipsec::Policy& policy) {
  remove(policy.id);
  if (!policy.placement.policies) return {};
  TRY(const auto place, place_of(policy.placement));
  TRY(const auto out, xfrm::selectors_between(policy.local, policy.remote));
  TRY(const auto in, xfrm::selectors_between(policy.remote, policy.local));
  std::optional<Template> ask;
  std::optional<Template> refuse;
  if (policy.action == PolicyAction::protect) {
    const auto reqid = reqids_.acquire_own();
    trap_reqids_[policy.id] = reqid;
    ask = Template{nowhere(), nowhere(), {}, reqid, Mode::tunnel};
    refuse = inbound_template(IpFamily::v4, Mode::tunnel, reqid);
  }
  claim(owner_of(policy.id), place, Direction::out, out, {policy.action, ask});
  claim(owner_of(policy.id), place, Direction::in, in, {policy.action, refuse});
  claim(owner_of(policy.id), place, Direction::forward, in, {policy.action, refuse});
  return {};
}

void KernelSpd::drop_held(const ipsec::Policy& policy) {
  const auto out = xfrm::selectors_between(policy.local, policy.remote);
  const auto place = place_of(policy.placement);
  if (!out || !place || !trap_reqids_.contains(policy.id)) return;
  // In the place of the one that holds them, and behind what has an SA.
  for (const auto& selector : *out) {
    const auto priority =
        place->priority == 0 ? xfrm::priority_of(policy.action, selector, false) : place->priority + 1;
    table_.claim(drop_owner_of(policy.id), {Direction::out, selector, place->out, place->device},
                 {{priority, true, std::nullopt}, 1});
  }
}

void KernelSpd::hold_again(PolicyId id) { table_.release(drop_owner_of(id)); }

void KernelSpd::remove(PolicyId id) {
  table_.release(owner_of(id));
  hold_again(id);
  if (const auto trap = trap_reqids_.extract(id)) reqids_.release(trap.mapped());
}

void KernelSpd::remove_all() {
  table_.release(kNobody);
  for (const auto& [id, reqid] : trap_reqids_) {
    table_.release(owner_of(id));
    hold_again(id);
  }
  for (const auto& [id, attached] : attached_) table_.release(owner_of(id));
  for (const auto& [number, kept] : kept_) table_.release(kept_owner_of(number));
}

std::vector<KernelSpd::Refused> KernelSpd::carry_out() {
  const auto changes = table_.take_changes();
  if (changes.empty()) return {};
  hash_.prepare_for(changes);
  std::vector<xfrm::Message> messages;
  messages.reserve(changes.size());
  for (const auto& change : changes) messages.push_back(message_for(change));
  const auto answers = ask_kernel(socket_, messages);
  std::vector<Refused> refused;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const bool gone = changes[i].kind == PolicyTable::Change::Kind::remove && answers[i].code == ENOENT;
    if (answers[i].ok() || gone) continue;
    table_.refused(changes[i]);
    refused.push_back({changes[i].key, reason_for(changes[i], answers[i])});
  }
  return refused;
}

Result<void, std::string> KernelSpd::carry_out_for(PolicyTable::Owner owner) {
  std::optional<std::string> own;
  for (auto& [key, reason] : carry_out()) {
    if (!table_.has_claim(owner, key)) untold_.push_back(std::move(reason));
    else if (!own) own = std::move(reason);
  }
  if (own) return failure(std::move(*own));
  return {};
}

std::vector<std::string> KernelSpd::flush() {
  for (auto& refused : carry_out()) untold_.push_back(std::move(refused.reason));
  return std::exchange(untold_, {});
}

std::vector<std::string> KernelSpd::drift() const {
  std::map<xfrm::PolicyKey, xfrm::PolicyContent> there;
  const auto listed = list_from_kernel(
      socket_, xfrm::dump_policies(), [&] { there.clear(); },
      [&](const xfrm::MessageView& message) {
        const auto report = xfrm::read_policy(message);
        if (report && (table_.is_ours(report->index) || table_.find(report->key) != nullptr))
          there.emplace(report->key, report->content);
      });
  if (!listed.ok()) return {"the kernel's policies cannot be listed: " + listed.reason()};
  std::vector<std::string> differences;
  for (const auto& [key, content] : table_.installed()) {
    const auto found = there.extract(key);
    if (!found) differences.push_back("the kernel lacks the policy " + name_of(key));
    else if (found.mapped() != content) differences.push_back("the kernel has another policy " + name_of(key));
  }
  for (const auto& [key, content] : there)
    differences.push_back("the kernel has the policy " + name_of(key) + ", which nothing wants");
  return differences;
}

std::uint32_t KernelSpd::reqid_for(const ipsec::ChildSa& sa) {
  const auto [entry, fresh] = attached_.try_emplace(sa.id);
  const auto& placement = sa.placement;
  if (fresh && placement.reqid != 0) entry->second = {placement.reqid, true};
  else if (fresh)
    entry->second.reqid = reqids_.acquire(
        {sa.mode, sa.local_selectors, sa.remote_selectors, placement.in, placement.out}, kept_reqid(sa));
  return entry->second.reqid;
}

Result<void, std::string> KernelSpd::attach(const ipsec::ChildSa& sa, const std::optional<xfrm::OffloadedTo>& offload) {
  const auto out = xfrm::selectors_between(sa.local_selectors, sa.remote_selectors);
  const auto in = xfrm::selectors_between(sa.remote_selectors, sa.local_selectors);
  if (!out || !in) return failure(out ? in.error() : out.error());
  TRY(const auto place, place_of(sa.placement));
  const auto reqid = reqid_for(sa);
  auto& attached = attached_.at(sa.id);
  ++uses_;
  attached.rank = sa.use_outbound ? uses_ : -uses_;
  if (!sa.placement.policies) return {};
  const auto owner = owner_of(sa.id);
  const auto come = inbound_templates(sa, reqid);
  const auto go = outbound_templates(sa, reqid);
  if (sa.placement.policies_fwd_out) claim_forwarded_out(owner, place, *out, attached.rank);
  Wish inward{PolicyAction::protect, come.protection, come.compression, true, attached.rank};
  claim(owner, place, Direction::forward, *in, inward);
  inward.offload = offload;
  claim(owner, place, Direction::in, *in, inward);
  claim(owner, place, Direction::out, *out,
        {PolicyAction::protect, go.protection, go.compression, true, attached.rank, offload});
  auto done = carry_out_for(owner);
  if (done) return {};
  table_.release(owner);
  for (auto& refused : carry_out()) untold_.push_back(std::move(refused.reason));
  return done;
}

void KernelSpd::prefer(ChildSaId id) {
  const auto found = attached_.find(id);
  if (found == attached_.end() || !found->second.carries) return;
  found->second.rank = ++uses_;
  table_.set_rank(owner_of(id), Direction::out, found->second.rank);
}

void KernelSpd::stop(ChildSaId id) {
  const auto found = attached_.find(id);
  if (found == attached_.end()) return;
  found->second.carries = false;
  table_.release(owner_of(id), Direction::out);
}

Result<void, std::string> KernelSpd::move(const ipsec::ChildSa& sa, const std::optional<xfrm::OffloadedTo>& offload) {
  const auto found = attached_.find(sa.id);
  if (found == attached_.end() || !found->second.carries || !sa.placement.policies) return {};
  TRY(const auto place, place_of(sa.placement));
  TRY(const auto out, xfrm::selectors_between(sa.local_selectors, sa.remote_selectors));
  const auto& attached = found->second;
  const auto go = outbound_templates(sa, attached.reqid);
  claim(owner_of(sa.id), place, Direction::out, out,
        {PolicyAction::protect, go.protection, go.compression, true, attached.rank, offload});
  return carry_out_for(owner_of(sa.id));
}

void KernelSpd::detach(ChildSaId id) {
  table_.release(owner_of(id));
  const auto attached = attached_.extract(id);
  if (attached && !attached.mapped().given) reqids_.release(attached.mapped().reqid);
}

std::optional<KernelSpd::Asker> KernelSpd::asker(std::uint32_t policy_index) const {
  return asker_behind(table_.owner_of(policy_index));
}

std::optional<KernelSpd::Asker> KernelSpd::asker_behind(const std::optional<PolicyTable::Owner>& owner) {
  if (!owner || *owner == kNobody) return std::nullopt;
  if ((*owner & kKind) == kIsChildSa) return Asker{std::nullopt, ChildSaId{*owner >> 2}};
  if ((*owner & kKind) == kIsKept) return Asker{std::nullopt, std::nullopt, *owner >> 2};
  return Asker{PolicyId{*owner >> 2}, std::nullopt};
}

std::vector<KernelSpd::Met> KernelSpd::met_on_the_way_to(const IpAddress& destination) const {
  std::vector<Met> met;
  for (auto& standing : table_.leading_to(destination))
    met.push_back({standing.key, std::move(standing.content), asker_behind(standing.owner)});
  return met;
}

std::optional<std::uint32_t> KernelSpd::reqid_of(PolicyId id) const {
  const auto found = trap_reqids_.find(id);
  return found == trap_reqids_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t KernelSpd::reqid_of(ChildSaId id) const {
  const auto found = attached_.find(id);
  return found == attached_.end() ? 0 : found->second.reqid;
}

std::optional<PolicyId> KernelSpd::policy_with(std::uint32_t reqid) const {
  const auto found = std::ranges::find(trap_reqids_, reqid, [](const auto& entry) { return entry.second; });
  return found == trap_reqids_.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace keypact::daemon
