#include "sim/scenario_plan.h"

#include <algorithm>
#include <map>

#include "config/default_proposals.h"

namespace keypact::sim {
namespace {

using Methods = std::vector<KeyExchangeMethod>;
using enum KeyExchangeMethod;

Proposal ike_with(Transform cipher, std::optional<IntegrityId> integrity_id, const Methods& methods) {
  Proposal proposal{ProtocolId::IKE, {cipher, prf(PrfId::PRF_HMAC_SHA2_256)}};
  if (integrity_id) proposal.transforms.push_back(integrity(*integrity_id));
  for (const auto method : methods) proposal.transforms.push_back(key_exchange(method));
  return proposal;
}

Proposal esp_with(std::uint16_t key_bits, const Methods& methods) {
  Proposal proposal{ProtocolId::ESP, {encryption(EncryptionId::ENCR_AES_GCM_16, key_bits)}};
  for (const auto method : methods) proposal.transforms.push_back(key_exchange(method));
  proposal.transforms.push_back(sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT));
  return proposal;
}

/// The same, and additional key exchanges of this type (RFC 9370): NONE leaves it out.
Proposal with_additional(Proposal proposal, TransformType type, const Methods& methods) {
  for (const auto method : methods)
    proposal.transforms.push_back({type, static_cast<std::uint16_t>(method), std::nullopt});
  return proposal;
}

Transform gcm(std::uint16_t key_bits) { return encryption(EncryptionId::ENCR_AES_GCM_16, key_bits); }

void choose_ike(Link& link, SeededRandom& random) {
  auto& first = link.first.ike_proposals;
  auto& second = link.second.ike_proposals;
  switch (random.below(10)) {
    case 0: first = second = config::without_additional_key_exchanges(config::default_ike_offer()); break;
    case 1:
      first = second = {
          ike_with(encryption(EncryptionId::ENCR_AES_CBC, 256), IntegrityId::AUTH_HMAC_SHA2_256_128, {CURVE25519})};
      break;
    case 2:
      first = second = {ike_with(encryption(EncryptionId::ENCR_CHACHA20_POLY1305), {}, {ECP_256}),
                        ike_with(gcm(128), {}, {CURVE25519})};
      break;
    case 3:  // Each end's first guess is wrong.
      first = {ike_with(gcm(256), {}, {CURVE25519, ECP_256})};
      second = {ike_with(gcm(256), {}, {ECP_256})};
      break;
    case 4:
      first = {ike_with(gcm(256), {}, {CURVE25519})};
      second = {ike_with(gcm(128), {}, {CURVE25519})};
      link.refusal = ike::RefusalCode::no_proposal_chosen;
      break;
    case 5: {
      auto one = with_additional(ike_with(gcm(256), {}, {CURVE25519}), TransformType::ADDKE1, {CURVE448});
      first = second = {with_additional(std::move(one), TransformType::ADDKE2, {ECP_384})};
      break;
    }
    case 6:  // Who responds decides whether there is one.
      first = {with_additional(ike_with(gcm(256), {}, {CURVE25519}), TransformType::ADDKE1, {CURVE448, NONE})};
      second = {with_additional(ike_with(gcm(256), {}, {CURVE25519}), TransformType::ADDKE1, {NONE, CURVE448})};
      break;
    default: first = second = {ike_with(gcm(256), {}, {CURVE25519})};
  }
}

void choose_esp(Link& link, SeededRandom& random) {
  auto& first = link.first.esp_proposals;
  auto& second = link.second.esp_proposals;
  switch (random.below(8)) {
    case 0: first = second = config::default_esp_offer(); break;
    case 1: first = second = {esp_with(256, {CURVE25519})}; break;
    case 2:
      first = {esp_with(256, {CURVE25519, ECP_256})};
      second = {esp_with(256, {ECP_256})};
      break;
    case 3: first = second = {esp_with(128, {CURVE25519, NONE})}; break;
    case 4: first = second = {with_additional(esp_with(256, {CURVE25519}), TransformType::ADDKE1, {CURVE448})}; break;
    case 5:
      first = {with_additional(esp_with(256, {CURVE25519}), TransformType::ADDKE1, {CURVE448, NONE})};
      second = {with_additional(esp_with(256, {CURVE25519}), TransformType::ADDKE1, {NONE, CURVE448})};
      break;
    default: first = second = {esp_with(256, {})};
  }
}

Link link_between(std::size_t first, std::size_t second, SeededRandom& random) {
  Link link;
  link.first.node = first;
  link.second.node = second;
  choose_ike(link, random);
  choose_esp(link, random);
  link.children = 1 + random.below(3);
  link.first.secret = link.second.secret = "the key of " + std::to_string(first) + " and " + std::to_string(second);
  if (random.chance(5)) {
    link.second.secret += "?";
    if (!link.refusal) link.refusal = ike::RefusalCode::authentication_failed;
  }
  for (auto* end : {&link.first, &link.second})
    if (random.chance(70)) end->dpd_delay = seconds(20 + random.below(100));
  for (auto* end : {&link.first, &link.second}) {
    if (random.chance(30)) end->child_rekey_time = seconds(20 + random.below(100));
    if (random.chance(30)) end->ike_rekey_time = seconds(30 + random.below(200));
    if (random.chance(10)) end->reauth_time = seconds(60 + random.below(300));
    end->mobike = random.chance(70);
  }
  return link;
}

/// One connection of the first end serves all links like `model`: only node, key and liveness of the second end are its own.
void share_first_end(Link& link, const Link& model) {
  const bool same_key = link.first.secret == link.second.secret;
  const auto secret = link.first.secret;
  link.first = model.first;
  link.first.secret = secret;
  link.second.ike_proposals = model.second.ike_proposals;
  link.second.esp_proposals = model.second.esp_proposals;
  link.children = model.children;
  if (model.refusal == ike::RefusalCode::no_proposal_chosen) link.refusal = model.refusal;
  else link.refusal = same_key ? std::nullopt : std::optional(ike::RefusalCode::authentication_failed);
}

/// Mostly two, sometimes up to a hundred.
std::size_t choose_nodes(SeededRandom& random) {
  const auto number = random.below(200);
  if (number < 90) return 2;
  if (number < 190) return 2 + random.below(7);
  if (number < 199) return 9 + random.below(16);
  return 25 + random.below(76);
}

/// A mesh, where everybody talks with everybody, or a star; the middle of some stars does not know its peers' addresses.
std::vector<Link> choose_links(std::size_t nodes, SeededRandom& random) {
  constexpr std::size_t kLargestMesh = 12;
  std::vector<Link> links;
  const bool star = nodes > kLargestMesh || random.chance(nodes > 4 ? 85 : 50);
  const bool open = star && random.chance(40);
  for (std::size_t first = 0; first < (star ? 1 : nodes - 1); ++first) {
    for (std::size_t second = first + 1; second < nodes; ++second) {
      auto link = link_between(first, second, random);
      if (open && !links.empty()) share_first_end(link, links.front());
      link.open = open;
      links.push_back(std::move(link));
    }
  }
  return links;
}

Faults choose_faults(SeededRandom& random) {
  const auto sometimes = [&](unsigned most) {
    return random.chance(50) ? static_cast<unsigned>(random.below(most + 1)) : 0u;
  };
  Faults faults;
  faults.loss = sometimes(30);
  faults.duplication = sometimes(30);
  if (random.chance(60)) faults.most_delay = milliseconds(2 + random.below(random.chance(30) ? 3000 : 200));
  faults.corruption = sometimes(10);
  faults.failed_jobs = random.chance(20) ? static_cast<unsigned>(random.below(6)) : 0;
  if (random.chance(40)) faults.most_job_delay = milliseconds(1 + random.below(2000));
  faults.refused_installations = sometimes(20);
  if (random.chance(40)) faults.most_stack_delay = milliseconds(1 + random.below(1000));
  return faults;
}

Operation::Kind choose_kind(SeededRandom& random) {
  using enum Operation::Kind;
  const auto number = random.below(100);
  if (number < 29) return initiate;
  if (number < 31) return suspend;
  if (number < 33) return move;
  if (number < 36) return rebind;
  if (number < 42) return terminate_child;
  if (number < 48) return terminate_ike;
  if (number < 52) return terminate_ike_at_once;
  if (number < 56) return expire_child;
  if (number < 68) return rekey_child;
  if (number < 78) return rekey_ike;
  if (number < 80) return reauthenticate;
  if (number < 88) return part;
  if (number < 95) return reconfigure;
  return number < 97 ? crash : restart;
}

std::vector<Operation> choose_operations(const ScenarioPlan& plan, SeededRandom& random) {
  std::vector<Operation> operations;
  const auto count = 3 + random.below(6 * plan.links.size() + 6);
  const auto span = static_cast<std::uint64_t>(plan.unrest.count());
  // Bursts of requests meet exchanges that are on their way.
  Duration at{};
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i == 0 || random.chance(50)) at = Duration(random.below(span));
    else at += random.chance(50) ? Duration{} : microseconds(random.below(3000000));
    Operation operation{choose_kind(random), at, random.below(plan.links.size()), random.chance(50), random.chance(20)};
    operation.child = random.below(plan.links[operation.link].children);
    operation.change = static_cast<Operation::Change>(random.below(5));
    operation.lasts = milliseconds(100 + random.below(random.chance(30) ? 240000 : 20000));
    operations.push_back(operation);
    if (operation.kind == Operation::Kind::part) operation.kind = Operation::Kind::join;
    else if (operation.kind == Operation::Kind::crash) operation.kind = Operation::Kind::revive;
    else continue;
    operation.at += milliseconds(100 + random.below(random.chance(30) ? 400000 : 20000));
    operations.push_back(operation);
  }
  std::multimap<Duration, Operation> in_order;
  for (auto& operation : operations) in_order.emplace(operation.at, operation);
  operations.clear();
  for (auto& [when, operation] : in_order) operations.push_back(operation);
  return operations;
}

}  // namespace

/// Some clients of a gateway that takes anybody are behind a NAT, mostly two behind the same one. Both ends ask whether the other lives:
/// nothing else keeps a mapping.
void choose_nats(ScenarioPlan& plan, SeededRandom& random) {
  if (!plan.links.front().open || !random.chance(70)) return;
  plan.nat_idle = seconds(20 + random.below(200));
  std::vector<std::size_t> inside;
  for (auto& link : plan.links) {
    if (random.chance(30)) continue;
    inside.push_back(link.second.node);
    for (auto* end : {&link.first, &link.second})
      if (end->dpd_delay == Duration{}) end->dpd_delay = seconds(20 + random.below(40));
    if (inside.size() > 1 + random.below(3)) plan.nats.push_back(std::exchange(inside, {}));
  }
  if (!inside.empty()) plan.nats.push_back(std::move(inside));
  // They share a connection.
  for (auto& link : plan.links) link.first.dpd_delay = std::max<Duration>(link.first.dpd_delay, seconds(20));
}

ScenarioPlan plan_of(std::uint64_t seed) {
  SeededRandom random(seed);
  ScenarioPlan plan;
  plan.seed = seed;
  plan.family = random.chance(80) ? IpFamily::v4 : IpFamily::v6;
  plan.nodes = choose_nodes(random);
  plan.links = choose_links(plan.nodes, random);
  choose_nats(plan, random);
  plan.faults = choose_faults(random);
  plan.unrest = minutes(1 + random.below(random.chance(20) ? 30 : 8));
  plan.operations = choose_operations(plan, random);
  return plan;
}

}  // namespace keypact::sim
