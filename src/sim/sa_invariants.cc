#include "sim/sa_invariants.h"

#include <algorithm>

namespace keypact::sim {
namespace {

// "The peer is authenticated" has one source, and nothing established exists without it.
static_assert(!std::is_default_constructible_v<ike::v2::PeerAuthenticated>);
static_assert(!std::is_constructible_v<ike::v2::PeerAuthenticated, Identification>);
static_assert(!std::is_constructible_v<ike::v2::EstablishedSa, ike::v2::EstablishedParts>);
static_assert(!std::is_default_constructible_v<ike::v2::NarrowedSelectors>);

/// From the first transmission of a request until it is given up, and a margin for jobs and the stack.
constexpr Duration kGiveUp = seconds(300);
/// RFC 7296 §2.8: how long an SA and its successor may both be there when nothing is lost.
constexpr Duration kOverlap = seconds(15);
/// One for each end that began, in each of the IKE SAs that both set up.
constexpr std::size_t kMostAtOnce = 4;

bool mirrored(const PacketKeys& ours, const PacketKeys& theirs) {
  return ours.algorithms == theirs.algorithms && secret_equal(ours.encryption.reveal(), theirs.encryption.reveal()) &&
         secret_equal(ours.integrity.reveal(), theirs.integrity.reveal());
}

}  // namespace

std::map<ChildSaId, SaInvariants::Owner> SaInvariants::owners(const Node& node) {
  std::map<ChildSaId, Owner> owners;
  for (const auto& [id, sa] : node.engine.ike_sas())
    if (const auto* established = sa.established())
      for (const auto& [child_id, child] : established->children()) owners.emplace(child_id, Owner{&sa, &child});
  return owners;
}

const Node* SaInvariants::peer_of(const ike::v2::IkeSa& sa) const {
  const auto* established = sa.established();
  return established == nullptr ? nullptr : world_.find(established->peer_identity().to_string());
}

const ipsec::ChildSa* SaInvariants::counterpart(const Owner& owner, const ipsec::ChildSa& sa) const {
  const auto* peer = peer_of(*owner.ike_sa);
  const auto* other = peer == nullptr ? nullptr : peer->stack.by_inbound_spi(sa.outbound_spi);
  return other != nullptr && other->outbound_spi == sa.inbound_spi ? other : nullptr;
}

bool SaInvariants::peer_holds(const Node& node, const ike::v2::IkeSa& sa) const {
  const auto* peer = peer_of(sa);
  if (peer == nullptr || peer == &node) return false;
  return std::ranges::any_of(peer->engine.ike_sas(), [&](const auto& entry) {
    const auto& record = entry.second.record();
    return entry.second.established() != nullptr && record.initiator_spi == sa.record().initiator_spi &&
           record.responder_spi == sa.record().responder_spi;
  });
}

/// Every event while a node holds little; of one that holds much its SAs are looked at so often that each of them has its look once
/// in sixteen events of the node, on average.
bool SaInvariants::is_due(const Step& step) {
  constexpr std::size_t kLittle = 32;
  constexpr std::size_t kShare = 16;
  const auto held = step.node->engine.footprint().ike_sas;
  auto& unchecked = unchecked_[step.node];
  if (held > kLittle && step.cause != Step::Cause::configuration && ++unchecked < held / kShare) return false;
  unchecked = 0;
  return true;
}

void SaInvariants::check(const Step& step, BrokenInvariant& broken) {
  const auto& node = *step.node;
  engine_.check(step, world_.now(), broken);
  if (step.cause == Step::Cause::configuration && !configured_.insert(&node).second) reconfigured_ = true;
  if (!is_due(step)) return;
  // Liveness checks may just have begun, or time has leapt.
  if (step.cause == Step::Cause::configuration || step.cause == Step::Cause::wake)
    std::erase_if(alone_since_, [&](const auto& entry) { return std::get<0>(entry.first) == &node; });
  check_child_sas(node, broken);
  check_replacements(step, broken);
  EngineInvariants::check_tables(node, broken);
  if (EngineInvariants::is_empty(node)) EngineInvariants::check_baseline(node, broken);
  for (const auto& [id, sa] : node.engine.ike_sas())
    if (sa.established() != nullptr) check_identity(node, sa, broken);
}

void SaInvariants::check_child_sas(const Node& node, BrokenInvariant& broken) {
  const auto owners = SaInvariants::owners(node);
  for (const auto& [id, sa] : node.stack.child_sas()) {
    const auto owner = owners.find(id);
    if (node.engine.stragglers().contains(id)) continue;
    if (owner == owners.end())
      return broken.report(9, node.name,
                           "the stack holds a Child SA that the engine forgot: " + std::to_string(id.value));
    EngineInvariants::check_policy(node, sa, broken);
    check_keys(node, owner->second, sa, broken);
    check_pair(node, owner->second, sa, broken);
  }
  check_numbers(node, owners, broken);
}

/// How long a Child SA may be at one end only; nothing: for ever.
std::optional<Duration> SaInvariants::longest_alone(const Node& node, const Owner& owner) const {
  // RFC 7296 §1.3.1, §1.4.1: the two ends install and remove one after the other; an exchange that gets no answer ends the SA.
  if (peer_holds(node, *owner.ike_sa)) return 2 * kGiveUp;
  // RFC 7296 §2.4: that the peer has lost the IKE SA shows when it is asked, so only with liveness checks.
  const auto delay = owner.ike_sa->established()->parts().connection->dpd_delay;
  if (delay == Duration{}) return std::nullopt;
  return delay + 3 * kGiveUp;
}

void SaInvariants::check_pair(const Node& node, const Owner& owner, const ipsec::ChildSa& sa, BrokenInvariant& broken) {
  const NodeChild key{&node, node.lives, sa.id};
  const auto* other = counterpart(owner, sa);
  if (other == nullptr) {
    const auto since = alone_since_.emplace(key, world_.now()).first->second;
    const auto longest = longest_alone(node, owner);
    if (longest && world_.now() - since > *longest)
      broken.report(1, node.name, "a Child SA that the peer does not hold: " + to_string(sa.inbound_spi));
    return;
  }
  alone_since_.erase(key);
  if (!mirrored(sa.outbound, other->inbound) || !mirrored(sa.inbound, other->outbound))
    broken.report(1, node.name, "other keys than the peer for " + to_string(sa.inbound_spi));
  if (sa.esn != other->esn || sa.mode != other->mode || sa.udp_encapsulation != other->udp_encapsulation)
    broken.report(1, node.name, "another form than the peer for " + to_string(sa.inbound_spi));
  // RFC 7296 §2.9: one end's local selectors are the other's remote ones.
  if (sa.local_selectors != other->remote_selectors || sa.remote_selectors != other->local_selectors)
    broken.report(7, node.name, "other selectors than the peer for " + to_string(sa.inbound_spi));
}

void SaInvariants::check_keys(const Node& node, const Owner& owner, const ipsec::ChildSa& sa, BrokenInvariant& broken) {
  if (!keys_seen_.insert({&node, node.lives, sa.id}).second) return;
  selectors_of_.insert_or_assign({&node, node.lives, sa.id}, std::pair(sa.local_selectors, sa.remote_selectors));
  const auto* peer = peer_of(*owner.ike_sa);
  const auto check = [&](const PacketKeys& keys, const std::string& receiver, EspSpi spi) {
    const auto name = receiver + ' ' + to_string(spi);
    if (spi_of_key_.emplace(as_text(keys.encryption.reveal()), name).first->second != name)
      broken.report(5, node.name, "a key that another SA had: " + name);
  };
  check(sa.inbound, node.name, sa.inbound_spi);
  if (peer != nullptr) check(sa.outbound, peer->name, sa.outbound_spi);
}

/// RFC 7296 §2.8: make before break. What takes an SA's place is there, and protects what that did, unless somebody has been
/// configured anew.
void SaInvariants::check_replacements(const Step& step, BrokenInvariant& broken) const {
  const auto& node = *step.node;
  for (auto i = step.first_event; i < node.events.size(); ++i) {
    const auto* rekeyed = std::get_if<ike::ChildSaRekeyed>(&node.events[i]);
    if (rekeyed == nullptr) continue;
    const auto old = selectors_of_.find({&node, node.lives, rekeyed->old});
    const auto fresh = selectors_of_.find({&node, node.lives, rekeyed->fresh});
    if (fresh == selectors_of_.end() || !node.stack.child_sas().contains(rekeyed->fresh))
      broken.report(7, node.name,
                    "a Child SA that is not there takes the place of " + std::to_string(rekeyed->old.value));
    else if (!reconfigured_ && old != selectors_of_.end() &&
             (!covers(fresh->second.first, old->second.first) || !covers(fresh->second.second, old->second.second)))
      broken.report(7, node.name, "a rekeying lost selectors of " + std::to_string(rekeyed->old.value));
  }
}

/// Those that the peer holds too and that nothing is to take the place of.
std::map<SaInvariants::NamedChild, std::size_t> SaInvariants::current_children(
    const Node& node, const std::map<ChildSaId, Owner>& owners) const {
  std::map<NamedChild, std::size_t> numbers;
  for (const auto& [id, owner] : owners) {
    const auto installed = node.stack.child_sas().find(id);
    const bool counts = installed != node.stack.child_sas().end() && owner.child->is_current() &&
                        owner.child->origin.lower_nonce.empty() && owner.ike_sa->established()->serves() &&
                        counterpart(owner, installed->second) != nullptr;
    if (counts) ++numbers[{&node, peer_of(*owner.ike_sa), owner.child->name}];
  }
  return numbers;
}

/// RFC 7296 §2.8.1: two ends that begin at once have one each, for a moment.
void SaInvariants::check_numbers(const Node& node, const std::map<ChildSaId, Owner>& owners, BrokenInvariant& broken) {
  const auto numbers = current_children(node, owners);
  std::erase_if(doubled_since_, [&](const auto& entry) {
    const auto now = numbers.find(entry.first);
    return std::get<0>(entry.first) == &node && (now == numbers.end() || now->second < 2);
  });
  for (const auto& [named, number] : numbers) {
    const auto what = std::to_string(number) + " Child SAs " + std::get<2>(named) + " with " + std::get<1>(named)->name;
    if (number > kMostAtOnce) broken.report(2, node.name, what);
    if (number < 2) continue;
    const auto since = doubled_since_.emplace(named, world_.now()).first->second;
    if (world_.now() - since > 2 * kGiveUp) broken.report(2, node.name, what + ", for a long time");
  }
}

/// Whoever sends from the address of the peer, or holds the other end of the IKE SA, is who it says.
void SaInvariants::check_identity(const Node& node, const ike::v2::IkeSa& sa, BrokenInvariant& broken) {
  const auto& identity = sa.established()->peer_identity();
  const auto* at_address = world_.node_at(sa.record().remote.address);
  const auto* named = peer_of(sa);
  if (named == nullptr) return broken.report(8, node.name, "takes somebody for " + identity.to_string());
  if (at_address != nullptr && at_address != named && node.nat == nullptr)
    return broken.report(8, node.name, "takes " + at_address->name + " for " + identity.to_string());
  if (!identities_seen_.insert({&node, node.lives, sa.record().id}).second) return;
  for (const auto& [id, other] : named->engine.ike_sas()) {
    const bool same = other.established() != nullptr && other.record().initiator_spi == sa.record().initiator_spi &&
                      other.record().responder_spi == sa.record().responder_spi;
    if (same && other.established()->peer_identity().to_string() != node.name)
      broken.report(8, node.name, "is taken for " + other.established()->peer_identity().to_string());
  }
}

/// Lifetimes go on: what just changed is given the time that an exchange takes where nothing is lost.
void SaInvariants::check_agreement(const Node& node, BrokenInvariant& broken) const {
  const auto is_recent = [&](const auto& since, const auto& key) {
    const auto found = since.find(key);
    return found == since.end() || world_.now() - found->second < kOverlap;
  };
  for (const auto& [named, number] : current_children(node, SaInvariants::owners(node)))
    if (number > 1 && !is_recent(doubled_since_, named))
      broken.report(2, node.name,
                    std::to_string(number) + " Child SAs " + std::get<2>(named) + " with " + std::get<1>(named)->name);
  const auto owners = SaInvariants::owners(node);
  for (const auto& [id, sa] : node.stack.child_sas()) {
    const auto owner = owners.find(id);
    const bool agreed = owner != owners.end() && counterpart(owner->second, sa) != nullptr;
    if (!agreed && !is_recent(alone_since_, NodeChild{&node, node.lives, sa.id}))
      broken.report(1, node.name, "a Child SA that the peer does not hold: " + to_string(sa.inbound_spi));
  }
}

/// Between addresses that its ends do not have any more.
bool SaInvariants::is_stranded(const Node& node, const ike::v2::IkeSa& sa) const {
  const auto* peer = peer_of(sa);
  return sa.record().local.address != node.address ||
         (peer != nullptr && peer->nat == nullptr && sa.record().remote.address != peer->address);
}

std::vector<IkeSaId> SaInvariants::one_sided(const Node& node) const {
  std::vector<IkeSaId> found;
  for (const auto& [id, sa] : node.engine.ike_sas())
    // The answer that tells the peer of it may still be on its way, or the answer to its Delete.
    if (sa.established() != nullptr && sa.established()->serves() && (!peer_holds(node, sa) || is_stranded(node, sa)) &&
        world_.now() - sa.record().created > kOverlap)
      found.push_back(id);
  return found;
}

}  // namespace keypact::sim
