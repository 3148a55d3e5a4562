#include "daemon/supported.h"

#include "config/default_proposals.h"

namespace keypact::daemon {

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
