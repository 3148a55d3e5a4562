#include "daemon/supported.h"

#include <algorithm>

#include "config/default_proposals.h"

namespace keypact::daemon {
namespace {

/// Of a key exchange or an integrity algorithm.
bool is_none(const Transform& transform) { return transform.id == 0 && transform.type != TransformType::ENCR; }

std::optional<std::string> left_out_of(const std::vector<Proposal>& proposals, const std::vector<Proposal>& defaults,
                                       const crypto::Library& library) {
  std::vector<std::string> names;
  for (const auto& proposal : proposals) {
    // Of what nobody named nothing is missed.
    if (std::ranges::count(defaults, proposal) != 0) continue;
    for (const auto& transform : proposal.transforms) {
      if (library.supports(transform) || is_none(transform)) continue;
      if (auto name = to_string(transform); !std::ranges::count(names, name)) names.push_back(std::move(name));
    }
  }
  if (names.empty()) return std::nullopt;
  std::string text = ": this version cannot compute ";
  for (const auto& name : names) text += (&name == &names.front() ? "" : ", ") + name;
  text += ", which is neither offered nor taken";
  const auto usable = [&](const Transform& transform) { return library.supports(transform); };
  return config::restrict_to(proposals, usable).empty() ? text + "; no proposal is left" : text;
}

}  // namespace

std::vector<std::string> left_out(const config::Snapshot& snapshot, const crypto::Library& library) {
  std::vector<std::string> sentences;
  for (const auto& connection : snapshot.connections) {
    const auto name = "connections." + connection->name;
    if (const auto text = left_out_of(connection->ike_proposals, config::default_ike_offer(), library))
      sentences.push_back(name + ".proposals" + *text);
    for (const auto& child : connection->children)
      if (const auto text = left_out_of(child.esp_proposals, config::default_esp_offer(), library))
        sentences.push_back(name + ".children." + child.name + ".esp_proposals" + *text);
  }
  return sentences;
}

std::shared_ptr<const config::Snapshot> supported_only(const config::Snapshot& snapshot,
                                                       const crypto::Library& library) {
  const auto usable = [&](const Transform& transform) { return library.supports(transform); };
  auto result = std::make_shared<config::Snapshot>(snapshot);
  for (auto& connection : result->connections) {
    auto copy = std::make_shared<config::Connection>(*connection);
    copy->ike_proposals = config::restrict_to(copy->ike_proposals, usable);
    copy->ike_acceptable = config::restrict_to(copy->ike_acceptable, usable);
    for (auto& child : copy->children) {
      child.esp_proposals = config::restrict_to(child.esp_proposals, usable);
      child.esp_acceptable = config::restrict_to(child.esp_acceptable, usable);
    }
    connection = std::move(copy);
  }
  return result;
}

std::vector<Transform> supported_transforms(const crypto::Library& library) {
  std::vector<Transform> found;
  const auto ask = [&](TransformType type, std::uint16_t last_id) {
    for (std::uint16_t id = 1; id <= last_id; ++id)
      for (const auto bits : {0, 128, 192, 256}) {
        const Transform transform{type, id, bits == 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(bits))};
        if (library.supports(transform)) found.push_back(transform);
      }
  };
  // The highest numbers that IANA has given out.
  ask(TransformType::ENCR, static_cast<std::uint16_t>(EncryptionId::ENCR_MAGMA_MGM_MAC_KTREE));
  ask(TransformType::PRF, static_cast<std::uint16_t>(PrfId::PRF_HMAC_STREEBOG_512));
  ask(TransformType::INTEG, static_cast<std::uint16_t>(IntegrityId::AUTH_HMAC_SHA2_512_256));
  ask(TransformType::KE, static_cast<std::uint16_t>(KeyExchangeMethod::ML_KEM_1024));
  return found;
}

}  // namespace keypact::daemon
