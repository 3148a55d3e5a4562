#include "eap/server.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "eap/aka_server.h"
#include "eap/gtc.h"
#include "eap/md5.h"
#include "eap/mschapv2_server.h"
#include "eap/peap.h"
#include "eap/sim_server.h"
#include "eap/tls_server.h"
#include "eap/ttls_server.h"

namespace keypact::eap {
namespace {

std::string names_of(const std::vector<Method>& methods) {
  std::string names;
  for (const auto method : methods) names += (names.empty() ? "" : ", ") + method_name(method);
  return names.empty() ? "no method at all" : names;
}

std::unique_ptr<ServerMethod> make_method(Method method, std::shared_ptr<const ServerConfig> config,
                                          std::string identity) {
  switch (method) {
    case Method::MD5: return std::make_unique<Md5Server>(std::move(identity), config->name);
    case Method::GTC: return std::make_unique<GtcServer>(std::move(identity));
    case Method::MSCHAPV2: return std::make_unique<Mschapv2Server>(std::move(identity), config->name);
    case Method::TLS: return std::make_unique<TlsServer>(method, std::move(config), std::move(identity), nullptr);
    case Method::TTLS:
      return std::make_unique<TlsServer>(method, config, std::move(identity), std::make_unique<TtlsServer>(config));
    case Method::PEAP:
      return std::make_unique<TlsServer>(method, config, std::move(identity), std::make_unique<PeapServer>(*config));
    case Method::SIM: return std::make_unique<SimServer>(std::move(identity));
    case Method::AKA:
    case Method::AKA_PRIME: return std::make_unique<AkaServer>(method, std::move(config), std::move(identity));
    default: return nullptr;
  }
}

}  // namespace

bool server_speaks(Method method) { return make_method(method, std::make_shared<const ServerConfig>(), {}) != nullptr; }

Server::Server(std::shared_ptr<const ServerConfig> config, std::string identity)
    : config_(std::move(config)), identity_(std::move(identity)), offered_(config_->methods.size()) {}

Method Server::current() const { return method_ ? config_->methods[index_] : Method::Identity; }

ServerStep Server::fail(Reason reason, std::string sentence) {
  return ServerFailed{encode_result(Code::Failure, identifier_), {reason, current(), std::move(sentence)}};
}

ServerStep Server::start(const ServerSurroundings& surroundings) {
  CHECK(rounds_ == 0 && !method_);
  // RFC 3748 §4.1: a random first identifier is recommended.
  identifier_ = static_cast<std::uint8_t>(surroundings.random.u32());
  if (config_->asks_identity) return Send{encode_request(identifier_, Method::Identity, {})};
  return begin_method(0, surroundings);
}

ServerStep Server::on_response(OctetView octets, const ServerSurroundings& surroundings) {
  const auto packet = parse_packet(octets);
  if (!packet)
    return fail(Reason::malformed, "the peer sent what is no EAP packet: " + std::string(sentence(packet.error())));
  if (packet->code != Code::Response)
    return fail(Reason::out_of_place,
                "the peer sent an EAP-" + to_string(packet->code) + ", and only responses are its");
  // RFC 3748 §4.1 would discard it and wait; over IKE no other one would come (RFC 3748 §4.3).
  if (packet->identifier != identifier_)
    return fail(Reason::out_of_place, "the peer's response has the identifier " + std::to_string(packet->identifier) +
                                          ", and the request had " + std::to_string(identifier_));
  if (++rounds_ > limits::kEapRounds)
    return fail(Reason::too_many_rounds, "it came to no end in " + std::to_string(limits::kEapRounds) + " requests");
  if (!method_) return on_identity(*packet, surroundings);
  if (packet->type == Method::Nak) return on_nak(*packet, surroundings);
  if (packet->type != current())
    return fail(Reason::out_of_place,
                "the peer answered the request of " + method_name(current()) + " with " + method_name(packet->type));
  answered_ = true;
  return carry_out(method_->on_response(packet->data, static_cast<std::uint8_t>(identifier_ + 1), surroundings));
}

ServerStep Server::on_identity(const Packet& packet, const ServerSurroundings& surroundings) {
  if (packet.type != Method::Identity)
    return fail(Reason::out_of_place,
                "the peer answered the request for its identity with " + method_name(packet.type));
  if (packet.data.size() > limits::kEapIdentityOctets)
    return fail(Reason::malformed, "the peer's identity has " + std::to_string(packet.data.size()) +
                                       " octets, more than " + std::to_string(limits::kEapIdentityOctets));
  identity_ = as_text(packet.data);
  return begin_method(0, surroundings);
}

ServerStep Server::on_nak(const Packet& packet, const ServerSurroundings& surroundings) {
  // RFC 3748 §4.1: not after a response of the method.
  if (answered_)
    return fail(Reason::out_of_place, "the peer answered with a Nak in the middle of " + method_name(current()));
  const auto wanted = parse_nak(packet.data);
  for (std::size_t i = 0; i < config_->methods.size(); ++i) {
    if (offered_[i] || std::ranges::find(wanted, config_->methods[i]) == wanted.end()) continue;
    return begin_method(i, surroundings);
  }
  return fail(Reason::no_common_method, "we offer " + names_of(config_->methods) + " to '" + shown(identity_) +
                                            "', and it asked for " + names_of(wanted) +
                                            ": configure one method on both sides");
}

ServerStep Server::begin_method(std::size_t index, const ServerSurroundings& surroundings) {
  if (index >= config_->methods.size()) return fail(Reason::not_available, "no EAP method is configured");
  method_ = make_method(config_->methods[index], config_, identity_);
  if (!method_)
    return fail(Reason::not_available, method_name(config_->methods[index]) + " is configured, and we do not have it");
  index_ = index;
  offered_[index] = true;
  answered_ = false;
  return carry_out(method_->begin(static_cast<std::uint8_t>(identifier_ + 1), surroundings));
}

ServerStep Server::carry_out(ServerMethodStep step) {
  if (auto* const ask = std::get_if<Ask>(&step))
    return Send{encode_request(++identifier_, current(), ask->data), std::move(ask->decided)};
  if (auto* const succeeded = std::get_if<MethodSucceeded>(&step))
    return ServerSucceeded{encode_result(Code::Success, identifier_), std::move(succeeded->msk),
                           std::move(succeeded->identity), current()};
  return ServerFailed{encode_result(Code::Failure, identifier_), std::get<Refusal>(std::move(step))};
}

}  // namespace keypact::eap
