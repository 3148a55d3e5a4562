#include "eap/tls_server.h"

#include "eap/tls_keys.h"
#include "eap/tls_trust.h"

namespace keypact::eap {
namespace {

std::size_t fragment_octets(const ServerConfig& config) { return config.tls ? config.tls->fragment_octets : 1024; }

}  // namespace

TlsServer::TlsServer(Method method, std::shared_ptr<const ServerConfig> config, std::string identity,
                     std::unique_ptr<TunnelServer> inner)
    : method_(method),
      config_(std::move(config)),
      identity_(std::move(identity)),
      inner_(std::move(inner)),
      fragments_(0, fragment_octets(*config_)) {}

Refusal TlsServer::refusal(Reason reason, std::string sentence) const { return {reason, method_, std::move(sentence)}; }

ServerMethodStep TlsServer::begin(std::uint8_t /*identifier*/, const ServerSurroundings& /*surroundings*/) {
  TlsRole role;
  role.server = true;
  role.wants_client_certificate = inner_ == nullptr;
  // Row F06: who calls itself something has to have a certificate of that name.
  if (inner_ == nullptr && !is_anonymous(identity_)) role.names = names_meant(identity_);
  auto session = TlsSession::open(config_->tls, std::move(role));
  if (!session) return refusal(Reason::not_available, method_name(method_) + " cannot begin: " + session.error());
  session_ = std::move(*session);
  return Ask{fragments_.start()};
}

ServerMethodStep TlsServer::on_response(OctetView data, std::uint8_t /*next_identifier*/,
                                        const ServerSurroundings& surroundings) {
  const auto received = fragments_.receive(data);
  if (!received) return refusal(Reason::malformed, "the peer " + std::string(received.error()));
  if (received->kind == TlsFragments::Kind::start)
    return refusal(Reason::out_of_place, "the peer sent a start, and we begin");
  if (fragments_.sending()) {
    if (received->kind == TlsFragments::Kind::more || !received->flight.empty())
      return refusal(Reason::out_of_place, "the peer sent a flight of TLS before it had ours");
    return Ask{fragments_.next(), refusal_};
  }
  if (received->kind == TlsFragments::Kind::more) return Ask{fragments_.next()};
  if (waiting_ == Waiting::acknowledgement_of_alert) return *refusal_;
  if (waiting_ == Waiting::acknowledgement_of_success && received->flight.empty()) return succeed(proven_identity());
  return on_flight(received->flight, surroundings);
}

ServerMethodStep TlsServer::on_flight(OctetView flight, const ServerSurroundings& surroundings) {
  const bool was_established = session_->established();
  const auto advanced = session_->advance(flight, surroundings.now);
  if (!advanced) {
    // Row F07: an end of TLS is one of the whole conversation, whenever it comes.
    const bool by_peer = advanced.error().starts_with("the peer");
    if (!by_peer || !refusal_)
      refusal_ = refusal(by_peer ? Reason::refused_by_peer : Reason::peer_not_authenticated, advanced.error());
    auto alert = session_->take_output();
    if (alert.empty()) return *refusal_;
    waiting_ = Waiting::acknowledgement_of_alert;
    return say(std::move(alert));
  }
  if (!session_->established()) {
    auto output = session_->take_output();
    if (output.empty()) return refusal(Reason::out_of_place, "the peer sent no whole flight of TLS");
    return say(std::move(output));
  }
  if (!was_established) return on_established(surroundings);
  if (waiting_ == Waiting::acknowledgement_of_success)
    return refusal(Reason::out_of_place, "the peer went on with TLS after it was done");
  return in_tunnel(surroundings);
}

ServerMethodStep TlsServer::on_established(const ServerSurroundings& surroundings) {
  if (inner_ == nullptr) {
    waiting_ = Waiting::acknowledgement_of_success;
    // RFC 9190 §2.1.1: an octet of zero tells that the server is content and says no more.
    if (session_->is_tls13()) session_->write(std::array<std::uint8_t, 1>{0});
    return say(session_->take_output());
  }
  waiting_ = Waiting::tunnel;
  // TLS 1.2: the server has the last word of the handshake, and the tunnel begins after it.
  if (auto output = session_->take_output(); !output.empty()) return say(std::move(output));
  return in_tunnel(surroundings);
}

ServerMethodStep TlsServer::in_tunnel(const ServerSurroundings& surroundings) {
  auto clear = session_->take_clear();
  if (!clear.empty()) {
    tunnel_begun_ = true;
    auto step = inner_->on_clear(clear, *session_, surroundings);
    wipe_octets(clear);
    return carry_out(std::move(step));
  }
  if (tunnel_begun_) return carry_out(inner_->on_acknowledgement());
  tunnel_begun_ = true;
  return carry_out(inner_->begin(*session_, surroundings));
}

ServerMethodStep TlsServer::carry_out(TunnelServerStep step) {
  if (auto* const say_this = std::get_if<TunnelSay>(&step)) {
    if (say_this->decided) refusal_ = inside(std::move(*say_this->decided));
    session_->write(say_this->clear);
    wipe_octets(say_this->clear);
    return say(session_->take_output());
  }
  if (auto* const succeeded = std::get_if<TunnelSucceeded>(&step)) return succeed(std::move(succeeded->identity));
  return inside(std::get<Refusal>(std::move(step)));
}

Refusal TlsServer::inside(Refusal refusal) const {
  refusal.sentence = "inside " + method_name(method_) + ": " + refusal.sentence;
  return refusal;
}

ServerMethodStep TlsServer::succeed(std::string identity) {
  return MethodSucceeded{tls_msk(*session_, method_), std::move(identity)};
}

ServerMethodStep TlsServer::say(Octets flight) {
  fragments_.send(std::move(flight));
  return Ask{fragments_.next(), refusal_};
}

std::string TlsServer::proven_identity() const {
  if (!is_anonymous(identity_)) return identity_;
  // RFC 9190 §2.2: what was said before TLS is not authenticated; the certificate is.
  const auto& certificate = session_->peer_path().front();
  for (const auto& name : certificate.alternative_names())
    if (name.type == IdType::ID_RFC822_ADDR || name.type == IdType::ID_FQDN) return std::string(as_text(name.data));
  const auto principals = user_principal_names(certificate);
  return principals.empty() ? certificate.subject() : principals.front();
}

}  // namespace keypact::eap
