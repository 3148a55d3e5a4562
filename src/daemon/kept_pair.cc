#include "daemon/kept_pair.h"

#include <algorithm>
#include <map>
#include <set>

#include "crypto/packet_cipher.h"
#include "ike/v2/narrowing.h"
#include "xfrm/algorithm.h"

namespace keypact::daemon {
namespace {

using xfrm::Direction;
using xfrm::PortMatch;
using xfrm::Selector;

/// By what pairs are put together, so that many take no longer each than few.
struct Index {
  std::map<xfrm::StateId, std::vector<const xfrm::PolicyReport*>> outbound;       ///< by the SA that they lead to
  std::multimap<std::uint32_t, const xfrm::PolicyReport*> inbound;                ///< by reqid
  std::map<xfrm::PolicyKey, const xfrm::PolicyReport*> passing;                   ///< forward, and in clear
  std::multimap<std::pair<std::uint32_t, IpAddress>, const xfrm::State*> states;  ///< by reqid and destination
};

/// The SA that a template of an outbound policy means.
xfrm::StateId id_of(const xfrm::Template& wanted, const xfrm::PolicyReport& policy) {
  return {wanted.destination, wanted.spi, policy.key.lane.mark, wanted.protocol};
}

Index index_of(const std::vector<xfrm::StateReport>& states, const std::vector<xfrm::PolicyReport>& policies) {
  Index index;
  for (const auto& report : states)
    index.states.emplace(std::pair(report.state.reqid, report.state.id.destination), &report.state);
  for (const auto& policy : policies) {
    const auto& protection = policy.content.protection;
    if (!protection) index.passing.emplace(policy.key, &policy);
    else if (policy.key.direction != Direction::out) index.inbound.emplace(protection->reqid, &policy);
    else if (protection->spi.value != 0) index.outbound[id_of(*protection, policy)].push_back(&policy);
  }
  return index;
}

void add_policies(KeptPair& pair, const Index& index, const std::vector<const xfrm::PolicyReport*>& outbound) {
  const auto add = [&](const xfrm::PolicyReport& policy) { pair.policies.emplace_back(policy.key, policy.content); };
  for (const auto* policy : outbound) {
    add(*policy);
    auto passing = policy->key;
    passing.direction = Direction::forward;
    if (const auto found = index.passing.find(passing); found != index.passing.end()) add(*found->second);
  }
  const auto [first, last] = index.inbound.equal_range(pair.outbound.reqid);
  for (auto found = first; found != last; ++found) add(*found->second);
}

/// A larger number: it came nearer.
struct Misfit {
  int step = 0;
  std::string reason;
};
using Verdict = std::optional<Misfit>;

bool lies_in(const PortMatch& inner, const PortMatch& outer) {
  return (inner.mask & outer.mask) == outer.mask && ((inner.value ^ outer.value) & outer.mask) == 0;
}

bool lies_in(const Selector& inner, const Selector& outer) {
  const auto within = [](const Prefix& a, const Prefix& b) {
    return b.length <= a.length && b.address.family() == a.address.family() && b.contains(a.address);
  };
  return within(inner.source, outer.source) && within(inner.destination, outer.destination) &&
         (outer.protocol == kAnyProtocol || outer.protocol == inner.protocol) &&
         lies_in(inner.source_port, outer.source_port) && lies_in(inner.destination_port, outer.destination_port);
}

bool matches(const std::vector<config::AddressPattern>& patterns, const IpAddress& address) {
  // Of names nobody knows yet what they stand for.
  return std::ranges::any_of(patterns, [&](const auto& pattern) {
    return pattern.kind == config::AddressPattern::Kind::name || pattern.matches(address);
  });
}

bool has_selectors(const KeptPair& pair, const config::ChildConfig& child) {
  const auto configured = xfrm::selectors_between(ike::v2::resolve(child.local_ts, {pair.outbound.source}),
                                                  ike::v2::resolve(child.remote_ts, {pair.outbound.id.destination}));
  return configured && std::ranges::all_of(pair.keys(Direction::out), [&](const xfrm::PolicyKey& key) {
           return std::ranges::any_of(*configured, [&](const Selector& outer) { return lies_in(key.selector, outer); });
         });
}

/// %unique is one number for both directions, %unique-dir one for each.
bool could_be_chosen(std::uint32_t in, std::uint32_t out, config::Choice choice_in, config::Choice choice_out) {
  using config::Choice;
  if ((choice_in != Choice::given && in == 0) || (choice_out != Choice::given && out == 0)) return false;
  if (choice_in == Choice::given || choice_out == Choice::given) return true;
  const bool each = choice_in == Choice::unique_dir || choice_out == Choice::unique_dir;
  return each == (in != out);
}

bool could_be_chosen(const Lanes& lanes, const config::PlacementSetting& wanted) {
  const auto& [in, out] = lanes;
  const auto placed = config::placed(wanted, in, out);
  return placed.in == in && placed.out == out &&
         could_be_chosen(in.mark.value, out.mark.value, wanted.mark_in, wanted.mark_out) &&
         could_be_chosen(in.interface_id, out.interface_id, wanted.if_id_in, wanted.if_id_out);
}

Verdict compare_placement(const KeptPair& pair, const config::PlacementSetting& wanted) {
  if (!wanted.policies) return Misfit{4, "leaves the policies to somebody else"};
  const auto lanes = pair.lanes();
  if (wanted.interface != pair.interface || !lanes || !could_be_chosen(*lanes, wanted))
    return Misfit{4, "has other marks, interface ids or another interface"};
  if (wanted.reqid != 0 && wanted.reqid != pair.outbound.reqid) return Misfit{4, "has another reqid"};
  return std::nullopt;
}

bool is_integrity(const KeptPair& pair, IntegrityId id) {
  const auto integrity = xfrm::algorithm_name(id);
  return integrity && integrity->name == pair.integrity && integrity->icv_bits == pair.icv_bits;
}

bool is_suite(const KeptPair& pair, const Transform& cipher, IntegrityId integrity_id) {
  const PacketAlgorithms algorithms{static_cast<EncryptionId>(cipher.id), cipher.key_bits.value_or(0), integrity_id};
  const auto encryption = xfrm::algorithm_name(algorithms.encryption);
  if (!encryption || encryption->name != pair.encryption) return false;
  if (crypto::packet_sizes(algorithms).encryption_key != pair.key_octets) return false;
  if (integrity_id == IntegrityId::NONE) return encryption->icv_bits == pair.icv_bits;
  return is_integrity(pair, integrity_id);
}

bool is_proposed(const KeptPair& pair, const Proposal& proposal) {
  if (xfrm::ip_protocol(proposal.protocol) != pair.outbound.id.protocol) return false;
  const auto numbers = proposal.of_type(TransformType::SN);
  const auto esn = sequence_numbers(pair.outbound.esn ? SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT
                                                      : SequenceNumbers::SEQUENTIAL_32_BIT);
  if (numbers.empty() ? pair.outbound.esn : std::ranges::find(numbers, esn) == numbers.end()) return false;
  if (proposal.protocol == ProtocolId::AH)
    return std::ranges::any_of(proposal.of_type(TransformType::INTEG), [&](const Transform& integrity) {
      return is_integrity(pair, static_cast<IntegrityId>(integrity.id));
    });
  return std::ranges::any_of(proposal.of_type(TransformType::ENCR), [&](const Transform& cipher) {
    if (is_aead(static_cast<EncryptionId>(cipher.id))) return is_suite(pair, cipher, IntegrityId::NONE);
    return std::ranges::any_of(proposal.of_type(TransformType::INTEG), [&](const Transform& integrity) {
      return is_suite(pair, cipher, static_cast<IntegrityId>(integrity.id));
    });
  });
}

Verdict compare(const KeptPair& pair, const config::Connection& connection, const config::ChildConfig& child) {
  if (child.action != PolicyAction::protect) return Misfit{0, "protects nothing"};
  if (!matches(connection.local_addrs, pair.outbound.source) ||
      !matches(connection.remote_addrs, pair.outbound.id.destination))
    return Misfit{1, "has other addresses"};
  if (!has_selectors(pair, child)) return Misfit{2, "has other traffic selectors"};
  // A peer may grant tunnel mode where another one is asked for, and do without compression.
  if (pair.mode != child.mode && pair.mode != Mode::tunnel) return Misfit{3, "has another mode"};
  if (pair.compression && !child.compress) return Misfit{3, "compresses nothing"};
  if (auto verdict = compare_placement(pair, child.placement)) return verdict;
  const auto proposes = [&](const Proposal& proposal) { return is_proposed(pair, proposal); };
  if (!std::ranges::any_of(child.esp_proposals, proposes) && !std::ranges::any_of(child.esp_acceptable, proposes))
    return Misfit{5, "proposes other algorithms"};
  return std::nullopt;
}

}  // namespace

std::optional<Lanes> KeptPair::lanes() const {
  std::optional<Lane> in;
  std::optional<Lane> out;
  for (const auto& [key, content] : policies) {
    const bool is_in = key.direction == Direction::in || (key.direction == Direction::forward && content.protection);
    auto& lane = is_in ? in : out;
    if (lane && *lane != key.lane) return std::nullopt;
    lane = key.lane;
  }
  if (!in || !out) return std::nullopt;
  return Lanes{*in, *out};
}

std::vector<xfrm::StateId> KeptPair::states() const {
  auto all = inbound;
  all.push_back(outbound.id);
  if (compression) all.push_back(*compression);
  return all;
}

std::set<xfrm::PolicyKey> KeptPair::keys(Direction direction) const {
  std::set<xfrm::PolicyKey> found;
  for (const auto& [key, content] : policies)
    if (key.direction == direction) found.insert(key);
  return found;
}

std::string KeptPair::to_string() const {
  return keypact::to_string(outbound.id.spi) + " to " + outbound.id.destination.to_string();
}

LeftBehind pair_up(const std::vector<xfrm::StateReport>& states, const std::vector<xfrm::PolicyReport>& policies) {
  const auto index = index_of(states, policies);
  LeftBehind found;
  std::set<xfrm::StateId> taken;
  for (const auto& report : states) {
    const auto& state = report.state;
    const auto outbound = index.outbound.find(state.id);
    // In the place of one that it lost the kernel has a question, without algorithms.
    if (outbound == index.outbound.end() || (report.encryption.empty() && report.integrity.empty())) continue;
    KeptPair pair;
    pair.outbound = state;
    pair.mode = state.mode;
    const auto& policy = *outbound->second.front();
    if (const auto& compression = policy.content.compression) {
      pair.compression = id_of(*compression, policy);
      pair.mode = compression->mode;
    }
    const auto [first, last] = index.states.equal_range({state.reqid, state.source});
    for (auto inbound = first; inbound != last; ++inbound)
      if (inbound->second->source == state.id.destination) pair.inbound.push_back(inbound->second->id);
    if (pair.inbound.empty()) continue;  // it would be one-way
    add_policies(pair, index, outbound->second);
    pair.encryption = report.encryption;
    pair.integrity = report.integrity;
    pair.icv_bits = report.icv_bits;
    pair.key_octets = report.encryption_key.size();
    pair.packets = report.packets;
    for (const auto& id : pair.states()) taken.insert(id);
    found.pairs.push_back(std::move(pair));
  }
  for (const auto& report : states)
    if (!taken.contains(report.state.id)) found.others.push_back(report.state.id);
  return found;
}

ChildFinder::ChildFinder(const config::Snapshot& snapshot) {
  for (const auto& connection : snapshot.connections) {
    const auto& remote = connection->remote_addrs;
    if (std::ranges::all_of(remote, &config::AddressPattern::is_single))
      for (const auto& pattern : remote) with_[pattern.first].push_back(connection.get());
    else with_others_.push_back(connection.get());
  }
}

Result<Fit, std::string> ChildFinder::find(const KeptPair& pair) const {
  Misfit nearest{-1, "no child is configured for its addresses"};
  const auto look = [&](const Connections& connections) -> std::optional<Fit> {
    for (const auto* connection : connections) {
      for (const auto& child : connection->children) {
        auto misfit = compare(pair, *connection, child);
        if (!misfit) return Fit{connection->name, child.name};
        misfit->reason = connection->name + '/' + child.name + ' ' + misfit->reason;
        if (misfit->step > nearest.step) nearest = std::move(*misfit);
      }
    }
    return std::nullopt;
  };
  if (const auto with = with_.find(pair.outbound.id.destination); with != with_.end())
    if (auto fit = look(with->second)) return *fit;
  if (auto fit = look(with_others_)) return *fit;
  return failure(std::move(nearest.reason));
}

}  // namespace keypact::daemon
