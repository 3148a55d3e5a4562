#include "ike/engine/missing_credential.h"

#include <algorithm>

#include "config/source_files.h"
#include "ike/v2/connection_choice.h"
#include "ike/v2/ppk.h"

namespace keypact::ike {
namespace {

/// A record is for people: more secrets than these are counted only.
constexpr std::size_t kSecretsNamed = 8;
constexpr std::size_t kOwnersNamed = 8;

bool uses_shared_keys(const config::Connection& connection) {
  return connection.local.front().kind == config::AuthKind::psk ||
         connection.remote.front().kind == config::AuthKind::psk;
}

std::string described(const config::SharedKey& key) {
  std::string owners;
  for (std::size_t i = 0; i < std::min(key.owners.size(), kOwnersNamed); ++i)
    owners += (i == 0 ? "" : ", ") + key.owners[i].to_string();
  if (key.owners.size() > kOwnersNamed) owners += " and " + std::to_string(key.owners.size() - kOwnersNamed) + " more";
  return (key.name.empty() ? "a secret for " : "secret " + config::printable(key.name) + " for ") + owners;
}

Refusal no_signer(std::string why) {
  Refusal refusal;
  refusal.code = RefusalCode::no_signing_key;
  refusal.detail = std::move(why);
  return refusal;
}

}  // namespace

std::optional<Refusal> missing_credential(const config::Snapshot& snapshot, const Credentials& credentials,
                                          const config::Connection& connection, const IpAddress& local) {
  for (const auto& round : connection.local) {
    if (round.kind != config::AuthKind::pubkey) continue;
    if (auto signer = credentials.signer_for(round, {}); !signer) return no_signer(std::move(signer.error()));
  }
  if (auto ppk = v2::ppk_to_offer(snapshot, connection); !ppk) return std::move(ppk.error());
  const auto& peer = connection.remote.front().id;
  if (!uses_shared_keys(connection) || peer.any || peer.is_wildcard()) return std::nullopt;
  const auto local_id = v2::local_identity(credentials, connection, local);
  if (snapshot.shared_key(local_id, peer.identity) != nullptr) return std::nullopt;
  Refusal refusal;
  refusal.code = RefusalCode::no_shared_key;
  refusal.detail = "wanted is a secret for " + local_id.to_string() + " and " + peer.identity.to_string();
  const auto& secrets = snapshot.ike_secrets;
  for (std::size_t i = 0; i < std::min(secrets.size(), kSecretsNamed); ++i)
    refusal.ours.push_back(described(*secrets[i]));
  if (secrets.size() > kSecretsNamed)
    refusal.ours.push_back("and " + std::to_string(secrets.size() - kSecretsNamed) + " more secrets");
  if (secrets.empty()) refusal.ours.emplace_back("no secrets of IKE");
  return refusal;
}

}  // namespace keypact::ike
