#include "ike/v2/child_expectation.h"

#include <algorithm>

#include "ike/v2/child_mode.h"
#include "ike/v2/connection_choice.h"

namespace keypact::ike::v2 {
namespace {

/// What a peer takes is among the first in practice.
constexpr std::size_t kChoices = 32;

struct Suite {
  ProtocolId protocol{};
  PacketAlgorithms algorithms;
  bool esn = false;
  bool operator==(const Suite&) const = default;
};

/// The transforms of a type, or one that stands for none of it.
std::vector<Transform> alternatives(const Proposal& proposal, TransformType type) {
  auto found = proposal.of_type(type);
  if (found.empty()) found.push_back({type, 0, std::nullopt});
  return found;
}

/// All that can be chosen of these proposals, in their order.
std::vector<Suite> suites_of(const std::vector<Proposal>& proposals) {
  std::vector<Suite> suites;
  for (const auto& proposal : proposals)
    for (const auto& cipher : alternatives(proposal, TransformType::ENCR))
      for (const auto& integrity : alternatives(proposal, TransformType::INTEG))
        for (const auto& numbers : alternatives(proposal, TransformType::SN)) {
          const Suite suite{proposal.protocol, packet_algorithms({proposal.protocol, {cipher, integrity}}),
                            numbers.id == static_cast<std::uint16_t>(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)};
          if (std::ranges::find(suites, suite) == suites.end()) suites.push_back(suite);
          if (suites.size() == kChoices) return suites;
        }
  return suites;
}

}  // namespace

void expect(Context& context, const IkeSaRecord& record, const IkeKeys& keys, const Nonces& nonces, ChildOffer& offer,
            bool initial_contact) {
  const auto& connection = offer.child.connection();
  if (!context.options.expects_child_sas || !has_fixed_peer(connection) || offer.cpi) return;
  const auto suites = suites_of(offer.proposals);
  if (suites.empty()) return;
  const auto& config = *offer.child;
  const auto id = context.ids.next<ChildSaId>();
  auto policy = context.policies.use({connection.name, config.name}, id,
                                     policy_of(config, context.options, {offer.local, offer.remote}), config.placement);
  for (auto& request : policy.requests) context.request(std::move(request));

  ipsec::ExpectChildSa expected;
  expected.peer_forgets = initial_contact;
  auto& sa = expected.sa;
  sa.id = id;
  sa.policy = policy.id;
  sa.mode = offer.mode;
  sa.local = record.local;
  sa.remote = record.remote;
  sa.udp_encapsulation = record.udp_encapsulation;
  sa.inbound_spi = offer.inbound_spi;
  sa.replay_window = config.replay_window;
  sa.local_selectors = offer.local;
  sa.remote_selectors = offer.remote;
  sa.headers = config.headers;
  sa.placement = policy.placed;
  sa.life = config.life_time;
  std::vector<PacketAlgorithms> algorithms;
  for (const auto& suite : suites) algorithms.push_back(suite.algorithms);
  auto inbound = derive_responder_keys(context.library, keys.prf, keys.d, algorithms, nonces);
  for (std::size_t i = 0; i < suites.size(); ++i)
    expected.choices.push_back({suites[i].protocol, std::move(inbound[i]), suites[i].esn});
  context.request(std::move(expected));
  offer.expected = ExpectedChild{id, std::move(policy.name), policy.id, std::move(policy.placed)};
}

void forgo(Context& context, const ChildOffer& offer) {
  context.esp_spis.release(offer.inbound_spi);
  if (!offer.expected) return;
  context.request(ipsec::RemoveChildSa{offer.expected->id});
  for (auto& request : context.policies.leave(offer.expected->policy_name, offer.expected->id))
    context.request(std::move(request));
}

}  // namespace keypact::ike::v2
