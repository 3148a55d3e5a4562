#include "provision/sswan.h"

#include <nlohmann/json.hpp>

#include "config/proposal_keywords.h"
#include "pki/base64.h"
#include "provision/uuid.h"

namespace keypact::provision {
namespace {

using Json = nlohmann::ordered_json;

/// The words are the keywords of swanctl.conf, which config knows.
Client make_app() {
  using enum KeyExchangeMethod;
  const std::vector<CipherWord> ciphers = {{encryption(EncryptionId::ENCR_AES_GCM_16, 256), {}},
                                           {encryption(EncryptionId::ENCR_AES_GCM_16, 128), {}},
                                           {encryption(EncryptionId::ENCR_CHACHA20_POLY1305), {}},
                                           {encryption(EncryptionId::ENCR_AES_CBC, 256), {}},
                                           {encryption(EncryptionId::ENCR_AES_CBC, 128), {}}};
  const std::vector<HashWord> hashes = {{IntegrityId::AUTH_HMAC_SHA2_256_128, PrfId::PRF_HMAC_SHA2_256, {}},
                                        {IntegrityId::AUTH_HMAC_SHA2_384_192, PrfId::PRF_HMAC_SHA2_384, {}},
                                        {IntegrityId::AUTH_HMAC_SHA2_512_256, PrfId::PRF_HMAC_SHA2_512, {}},
                                        {IntegrityId::AUTH_HMAC_SHA1_96, PrfId::PRF_HMAC_SHA1, {}}};
  return {.name = "strongSwan's app",
          .vocabulary = {.ike_ciphers = ciphers,
                         .ike_hashes = hashes,
                         .esp_ciphers = ciphers,
                         .esp_hashes = hashes,
                         .groups = {{CURVE25519, {}},
                                    {ECP_256, {}},
                                    {ECP_384, {}},
                                    {ECP_521, {}},
                                    {MODP_3072, {}},
                                    {MODP_2048, {}},
                                    {MODP_4096, {}}}},
          .proofs = {Proof::password, Proof::certificate, Proof::eap_tls},
          .takes_shared_keys = false,
          .sends_its_identity = true,
          .wants_server_name = false};
}

std::string_view type_of(Proof proof) {
  switch (proof) {
    case Proof::password: return "ikev2-eap";
    case Proof::eap_tls: return "ikev2-eap-tls";
    case Proof::certificate:
    case Proof::shared_key: break;
  }
  return "ikev2-cert";
}

Json remote_of(const Profile& profile) {
  Json remote = {{"addr", profile.server}, {"id", profile.gateway.to_string()}};
  if (profile.authority) remote["cert"] = pki::base64_of(profile.authority->der());
  return remote;
}

Json local_of(const Profile& profile) {
  Json local = Json::object();
  if (!profile.identity.empty()) local[profile.client_proof == Proof::password ? "eap_id" : "id"] = profile.identity;
  if (!profile.container.empty()) local["p12"] = pki::base64_of(profile.container);
  return local;
}

}  // namespace

const Client& strongswan_app() {
  static const Client client = make_app();
  return client;
}

std::string sswan(const Profile& profile) {
  Json json = {{"uuid", uuid_of(profile.server + "/" + profile.connection + "/" + profile.identity)},
               {"name", profile.title},
               {"type", type_of(profile.client_proof)},
               {"remote", remote_of(profile)}};
  if (auto local = local_of(profile); !local.empty()) json["local"] = std::move(local);
  json["ike-proposal"] = config::proposal_text(profile.algorithms.ike);
  json["esp-proposal"] = config::proposal_text(profile.algorithms.esp);
  if (!profile.takes_everything()) {
    auto subnets = Json::array();
    for (const auto& network : profile.networks) subnets.push_back(network.to_string());
    json["split-tunneling"] = {{"subnets", std::move(subnets)}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace keypact::provision
