#include "eap/client.h"

#include <algorithm>

#include "base/limits.h"
#include "eap/aka_client.h"
#include "eap/gtc.h"
#include "eap/md5.h"
#include "eap/mschapv2_client.h"
#include "eap/peap.h"
#include "eap/sim_client.h"
#include "eap/tls_client.h"
#include "eap/ttls_client.h"

namespace keypact::eap {
namespace {

std::unique_ptr<ClientMethod> make_method(Method method, std::shared_ptr<const ClientConfig> config) {
  switch (method) {
    case Method::MD5: return std::make_unique<Md5Client>(std::move(config));
    case Method::GTC: return std::make_unique<GtcClient>(std::move(config));
    case Method::MSCHAPV2: return std::make_unique<Mschapv2Client>(std::move(config));
    case Method::TLS: return std::make_unique<TlsClient>(method, std::move(config), nullptr);
    case Method::TTLS: return std::make_unique<TlsClient>(method, config, std::make_unique<TtlsClient>(config));
    case Method::PEAP: return std::make_unique<TlsClient>(method, config, std::make_unique<PeapClient>(*config));
    case Method::SIM: return std::make_unique<SimClient>(std::move(config));
    case Method::AKA:
    case Method::AKA_PRIME: return std::make_unique<AkaClient>(method, std::move(config));
    default: return nullptr;
  }
}

std::string names_of(const std::vector<Method>& methods) {
  std::string names;
  for (const auto method : methods) names += (names.empty() ? "" : ", ") + method_name(method);
  return names;
}

}  // namespace

std::shared_ptr<const ClientConfig> inner_of(const ClientConfig& outer) {
  auto inner = std::make_shared<ClientConfig>();
  inner->methods = outer.inner.methods;
  inner->identity = outer.identity;
  inner->password = {outer.password.octets.clone(), outer.password.is_nt_hash};
  return inner;
}

bool client_speaks(Method method) { return make_method(method, std::make_shared<const ClientConfig>()) != nullptr; }

Client::Client(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)) {}

ClientStep Client::fail(Reason reason, std::string sentence) const {
  return ClientFailed{{reason, type_, std::move(sentence)}};
}

ClientStep Client::on_packet(OctetView octets, const ClientSurroundings& surroundings) {
  const auto packet = parse_packet(octets);
  if (!packet)
    return fail(Reason::malformed, "the server sent what is no EAP packet: " + std::string(sentence(packet.error())));
  if (++rounds_ > limits::kEapRounds + 1)
    return fail(Reason::too_many_rounds, "it came to no end in " + std::to_string(limits::kEapRounds) + " requests");
  switch (packet->code) {
    case Code::Request: return on_request(*packet, surroundings);
    case Code::Success: return on_success(surroundings);
    case Code::Failure: return on_failure();
    default: return fail(Reason::out_of_place, "the server sent a response, and only requests are its");
  }
}

ClientStep Client::on_request(const Packet& packet, const ClientSurroundings& surroundings) {
  // RFC 3748 §5.2: at any time, acknowledged by an empty one.
  if (packet.type == Method::Notification)
    return ClientSend{encode_response(packet.identifier, Method::Notification, {})};
  if (!method_) return on_first_request(packet, surroundings);
  // RFC 3748 §2.1: one method in a conversation.
  if (packet.type != type_)
    return fail(Reason::out_of_place, "the server turned from " + method_name(type_) + " to " +
                                          method_name(packet.type) + " in the middle of it");
  return answer(packet, surroundings);
}

std::string_view Client::told_identity() const {
  return config_->anonymous_identity.empty() ? config_->identity : config_->anonymous_identity;
}

ClientStep Client::on_first_request(const Packet& packet, const ClientSurroundings& surroundings) {
  if (packet.type == Method::Identity)
    return ClientSend{encode_response(packet.identifier, Method::Identity, as_octets(told_identity()))};
  if (packet.type == Method::Nak) return fail(Reason::out_of_place, "the server sent a Nak, and those are ours alone");
  if (std::ranges::find(config_->methods, packet.type) != config_->methods.end())
    method_ = make_method(packet.type, config_);
  if (!method_) {
    refused_.push_back(packet.type);
    return ClientSend{encode_response(packet.identifier, Method::Nak, encode_nak(config_->methods))};
  }
  type_ = packet.type;
  return answer(packet, surroundings);
}

ClientStep Client::answer(const Packet& packet, const ClientSurroundings& surroundings) {
  auto data = method_->on_request(packet.data, packet.identifier, surroundings);
  if (!data) return ClientFailed{std::move(data).error()};
  return ClientSend{encode_response(packet.identifier, type_, *data)};
}

ClientStep Client::on_success(const ClientSurroundings& surroundings) {
  // RFC 3748 §4.2: a success that comes before the method allows it proves nothing (row F02).
  if (!method_)
    return fail(Reason::server_not_authenticated,
                "the server sent EAP-Success before any method authenticated anybody");
  auto msk = method_->on_success(surroundings);
  if (!msk) return ClientFailed{std::move(msk).error()};
  return ClientSucceeded{std::move(*msk), type_};
}

ClientStep Client::on_failure() const {
  if (method_) return ClientFailed{method_->on_failure()};
  if (!refused_.empty())
    return fail(Reason::no_common_method, "the server offered " + names_of(refused_) + ", and we are configured for " +
                                              names_of(config_->methods) + ": configure one method on both sides");
  return fail(Reason::refused_by_peer, "the server refused us before any method began: it may not know the identity '" +
                                           shown(config_->identity) + "'");
}

}  // namespace keypact::eap
