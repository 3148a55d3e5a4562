#include "eap/tls_client.h"

#include "eap/tls_keys.h"

namespace keypact::eap {
namespace {

std::size_t fragment_octets(const ClientConfig& config) { return config.tls ? config.tls->fragment_octets : 1024; }

}  // namespace

TlsClient::TlsClient(Method method, std::shared_ptr<const ClientConfig> config, std::unique_ptr<TunnelClient> inner)
    : method_(method), config_(std::move(config)), inner_(std::move(inner)), fragments_(0, fragment_octets(*config_)) {}

Refusal TlsClient::refusal(Reason reason, std::string sentence) const { return {reason, method_, std::move(sentence)}; }

Result<Octets, Refusal> TlsClient::on_request(OctetView data, std::uint8_t /*identifier*/,
                                              const ClientSurroundings& surroundings) {
  const auto received = fragments_.receive(data);
  if (!received) return failure(refusal(Reason::malformed, "the server " + std::string(received.error())));
  if ((received->kind == TlsFragments::Kind::start) != (session_ == nullptr))
    return failure(
        refusal(Reason::out_of_place, session_ ? "the server sent a second start" : "the server did not start"));
  if (received->kind == TlsFragments::Kind::start) return on_start(surroundings);
  if (fragments_.sending()) {
    if (received->kind == TlsFragments::Kind::more || !received->flight.empty())
      return failure(refusal(Reason::out_of_place, "the server sent a flight of TLS before it had ours"));
    return fragments_.next();
  }
  if (received->kind == TlsFragments::Kind::more) return fragments_.next();
  if (ended_) return failure(*ended_);
  return on_flight(received->flight, surroundings);
}

Result<Octets, Refusal> TlsClient::on_start(const ClientSurroundings& surroundings) {
  TlsRole role;
  role.shows_certificate = inner_ == nullptr;
  if (config_->tls) role.names = config_->tls->server_names;
  auto session = TlsSession::open(config_->tls, std::move(role));
  if (!session)
    return failure(refusal(Reason::not_available, method_name(method_) + " cannot begin: " + session.error()));
  session_ = std::move(*session);
  return on_flight({}, surroundings);
}

Result<Octets, Refusal> TlsClient::on_flight(OctetView flight, const ClientSurroundings& surroundings) {
  const bool was_established = session_->established();
  const auto advanced = session_->advance(flight, surroundings.now);
  if (!advanced) {
    const bool by_server = advanced.error().starts_with("the server");
    ended_ =
        by_server ? refused_by_server(advanced.error()) : refusal(Reason::server_not_authenticated, advanced.error());
    // RFC 9190 §2.1.4: the alert goes out, or an acknowledgement of theirs; then EAP-Failure comes.
    return say(session_->take_output());
  }
  if (!session_->established()) return say(session_->take_output());
  return in_tunnel(was_established, surroundings);
}

Result<Octets, Refusal> TlsClient::in_tunnel(bool was_established, const ClientSurroundings& surroundings) {
  const auto clear = session_->take_clear();
  if (inner_ == nullptr) {
    TRY_VOID(take_commitment(clear));
    return say(session_->take_output());
  }
  Octets answer;
  if (!was_established) {
    TRY(auto first, inner_->begin(*session_, surroundings));
    answer = std::move(first);
  }
  if (!clear.empty()) {
    TRY(auto next, inner_->on_clear(clear, surroundings));
    append(answer, next);
  }
  session_->write(answer);
  wipe_octets(answer);
  return say(session_->take_output());
}

Result<void, Refusal> TlsClient::take_commitment(OctetView clear) {
  if (clear.empty()) return {};
  // RFC 9190 §2.1.1: one octet of zero, once.
  if (!session_->is_tls13() || committed_ || clear.size() != 1 || clear[0] != 0)
    return failure(refusal(Reason::out_of_place, "the server sent data inside TLS, and EAP-TLS has none"));
  committed_ = true;
  return {};
}

Octets TlsClient::say(Octets flight) {
  fragments_.send(std::move(flight));
  return fragments_.next();
}

Result<std::optional<Msk>, Refusal> TlsClient::on_success(const ClientSurroundings& surroundings) {
  // Row F02: what the method has not come to is not made up for by an EAP-Success.
  if (ended_) return failure(*ended_);
  if (!session_ || !session_->established() || fragments_.sending())
    return failure(refusal(Reason::server_not_authenticated, "the server sent EAP-Success in the middle of TLS"));
  // RFC 9190 §2.1.1: not before the server's protected indication of success.
  if (inner_ == nullptr && session_->is_tls13() && !committed_)
    return failure(refusal(Reason::server_not_authenticated,
                           "the server sent EAP-Success before it said inside TLS that it is content"));
  if (inner_ != nullptr) TRY_VOID(inner_->on_success(surroundings));
  return std::optional(tls_msk(*session_, method_));
}

/// What the method in the tunnel knows is more than how the tunnel ended.
Refusal TlsClient::refused_by_server(std::string sentence) const {
  const std::string told = inner_ != nullptr ? inner_->told() : "";
  return refusal(Reason::refused_by_peer,
                 told.empty() ? std::move(sentence) : "inside " + method_name(method_) + ": " + told);
}

Refusal TlsClient::on_failure() const {
  if (ended_) return *ended_;
  return refused_by_server("the server refused us " +
                           std::string(session_ && session_->established() ? "after" : "during") +
                           " the handshake of TLS, and does not say why");
}

}  // namespace keypact::eap
