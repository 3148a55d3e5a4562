#include "jobs/eap_jobs.h"

#include <algorithm>

namespace keypact::jobs {
namespace {

using eap::is_over_tls;
using eap::Method;

/// The passwords of the section secrets.
class ConfiguredSecrets final : public eap::SecretSource {
 public:
  explicit ConfiguredSecrets(const config::Snapshot& snapshot) : snapshot_(snapshot) {}
  std::optional<eap::Password> find(Method, std::string_view identity) const override {
    const auto secret = snapshot_.eap_secret(identity);
    if (!secret) return std::nullopt;
    return eap::Password{secret->secret.clone(), secret->is_nt_hash};
  }

 private:
  const config::Snapshot& snapshot_;
};

/// As EAP carries an identity: the characters of a name, or the text of an address.
std::string name_of(const Identification& identity) {
  const bool is_text =
      identity.type == IdType::ID_FQDN || identity.type == IdType::ID_RFC822_ADDR || identity.type == IdType::ID_KEY_ID;
  return is_text ? std::string(as_text(identity.data)) : identity.to_string();
}

/// What the configuration names, or any that is fit to carry a password or a certificate past whoever listens.
std::vector<Method> methods_of(const config::AuthRound& round) {
  if (round.eap_types.empty()) return {Method::MSCHAPV2, Method::TLS, Method::TTLS, Method::PEAP};
  std::vector<Method> methods;
  for (const auto type : round.eap_types) methods.push_back(static_cast<Method>(type));
  return methods;
}

/// RFC 5998 §4: where EAP alone proves both ends.
void keep_fit_for_eap_only(std::vector<Method>& methods) {
  std::erase_if(methods, [](Method method) { return !eap::fit_for_eap_only(method); });
}

std::optional<eap::TlsOwn> own_certificate(const Tools& tools, const config::AuthRound& local) {
  auto signer = tools.credentials.signer_for(local, {});
  const auto* key = signer ? tools.credentials.private_key(signer->key.spki_sha1()) : nullptr;
  if (key == nullptr || signer->certificates.empty()) return std::nullopt;
  return eap::TlsOwn{std::move(signer->certificates), *key};
}

/// The certificate of a client speaks for who it is in EAP, or for who it is outside of it.
std::optional<eap::TlsOwn> certificate_of_client(const Tools& tools, const config::AuthRound& local) {
  if (local.eap_id && !local.eap_id->any) {
    auto inside = local;
    inside.id = *local.eap_id;
    if (auto own = own_certificate(tools, inside)) return own;
  }
  return own_certificate(tools, local);
}

std::shared_ptr<const eap::ServerConfig> server_config(const Tools& tools, const ike::EapServerStep& work) {
  const auto& connection = *work.connection;
  const auto& remote = connection.remote.at(work.round);
  auto made = std::make_shared<eap::ServerConfig>();
  made->methods = methods_of(remote);
  if (connection.local.front().kind == config::AuthKind::eap) keep_fit_for_eap_only(made->methods);
  // swanctl's eap_id: without it the peer is who IDi says.
  made->asks_identity = remote.eap_id.has_value();
  if (std::ranges::none_of(made->methods, is_over_tls)) return made;
  auto own = own_certificate(tools, connection.local.front());
  if (own)
    made->tls = std::make_shared<const eap::TlsSettings>(
        eap::TlsSettings{std::move(own), *tools.credentials.rules_for(remote), {}});
  else std::erase_if(made->methods, is_over_tls);
  return made;
}

std::shared_ptr<const eap::ClientConfig> client_config(const Tools& tools, const ike::EapClientStep& work) {
  const auto& local = work.connection->local.at(work.round);
  const auto& remote = work.connection->remote.front();
  auto made = std::make_shared<eap::ClientConfig>();
  made->identity = name_of(local.eap_id && !local.eap_id->any ? local.eap_id->identity : work.claimed);
  if (const auto secret = work.secrets->eap_secret(made->identity))
    made->password = {secret->secret.clone(), secret->is_nt_hash};
  made->methods = methods_of(local);
  if (remote.kind == config::AuthKind::eap) keep_fit_for_eap_only(made->methods);
  if (std::ranges::none_of(made->methods, is_over_tls)) return made;
  auto own = certificate_of_client(tools, local);
  if (!own && local.eap_types.empty()) std::erase(made->methods, Method::TLS);
  const auto& server = local.aaa_id ? *local.aaa_id : remote.id;
  std::vector<IdentityPattern> names;
  if (!server.any) names.push_back(server);
  made->tls = std::make_shared<const eap::TlsSettings>(
      eap::TlsSettings{std::move(own), *tools.credentials.rules_for(remote), std::move(names)});
  return made;
}

}  // namespace

bool asks_radius(const ike::EapServerStep& work) { return work.connection->remote.at(work.round).by_radius; }

eap::Relay::Step run_relay_step(ike::EapServerStep& work) {
  auto& relay = work.conversation.relay;
  if (relay) return relay->on_response(work.packet);
  // swanctl's eap_id: without it the peer is who IDi says.
  std::optional<std::string> identity;
  if (!work.connection->remote.at(work.round).eap_id) identity = name_of(work.claimed);
  const eap::RelayedPeer peer{work.path.remote, work.path.local, work.connection->name,
                              static_cast<std::uint32_t>(work.sa.value)};
  relay = std::make_unique<eap::Relay>(peer, std::move(identity));
  return relay->start();
}

ike::EapServerStepped run_eap_step(const Tools& tools, ike::EapServerStep work) {
  const ConfiguredSecrets secrets(*work.secrets);
  const eap::ServerSurroundings surroundings{secrets, tools.random, tools.now};
  if (asks_radius(work)) {
    const auto packet = eap::encode_result(eap::Code::Failure, 0);
    const eap::Refusal refusal{eap::Reason::not_available, Method::Identity, "nobody here asks RADIUS servers"};
    return {{}, std::make_unique<eap::ServerStep>(eap::ServerFailed{packet, refusal})};
  }
  const bool begins = work.conversation.server == nullptr;
  auto server = begins ? std::make_unique<eap::Server>(server_config(tools, work), name_of(work.claimed))
                       : std::move(work.conversation.server);
  auto step = std::make_unique<eap::ServerStep>(begins ? server->start(surroundings)
                                                       : server->on_response(work.packet, surroundings));
  return {{std::move(server), nullptr}, std::move(step)};
}

ike::EapClientStepped run_eap_step(const Tools& tools, ike::EapClientStep work) {
  const eap::ClientSurroundings surroundings{tools.random, tools.now};
  auto client =
      work.conversation ? std::move(work.conversation) : std::make_unique<eap::Client>(client_config(tools, work));
  auto step = std::make_unique<eap::ClientStep>(client->on_packet(work.packet, surroundings));
  return {std::move(client), std::move(step)};
}

}  // namespace keypact::jobs
