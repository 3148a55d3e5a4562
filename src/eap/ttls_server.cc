#include "eap/ttls_server.h"

#include <algorithm>

#include "base/limits.h"
#include "eap/digest.h"

namespace keypact::eap {
namespace {

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::TTLS, std::move(sentence)}; }

constexpr std::size_t kResponseOctets = 50;  // RFC 2548: Ident, Flags, Peer-Challenge, Reserved, Response

bool known(const Avp& one) {
  return one.is(AvpCode::User_Name) || one.is(AvpCode::User_Password) || one.is(AvpCode::EAP_Message) ||
         one.is(MicrosoftAvpCode::MS_CHAP_Challenge) || one.is(MicrosoftAvpCode::MS_CHAP2_Response);
}

OctetView without_padding(OctetView password) {
  while (!password.empty() && password.back() == 0) password = password.first(password.size() - 1);
  return password;
}

}  // namespace

Secret ttls_challenge(const TlsSession& session) {
  return session.export_key("ttls challenge", std::nullopt, mschapv2::Challenge().size() + 1);
}

TunnelServerStep TtlsServer::begin(const TlsSession& /*tls*/, const ServerSurroundings& /*surroundings*/) {
  // RFC 5281 §7.3: the client speaks first.
  return TunnelSay{};
}

TunnelServerStep TtlsServer::on_acknowledgement() {
  if (!proof_sent_) return refusal(Reason::out_of_place, "the peer says nothing");
  return TunnelSucceeded{proven_};
}

TunnelServerStep TtlsServer::on_clear(OctetView clear, const TlsSession& session,
                                      const ServerSurroundings& surroundings) {
  auto avps = parse_avps(clear);
  if (!avps) return refusal(Reason::malformed, "the peer sent " + std::string(avps.error()));
  auto step = on_avps(*avps, session, surroundings);
  for (auto& one : *avps) wipe_octets(one.data);
  return step;
}

TunnelServerStep TtlsServer::on_avps(const std::vector<Avp>& avps, const TlsSession& session,
                                     const ServerSurroundings& surroundings) {
  if (proof_sent_) return refusal(Reason::out_of_place, "the peer went on after our proof");
  // RFC 5281 §10.1: what has to be understood and is not ends it.
  for (const auto& one : avps)
    if (one.mandatory && !known(one))
      return refusal(Reason::malformed, "the peer sent the AVP " + std::to_string(one.code) + " of the vendor " +
                                            std::to_string(one.vendor) + ", which we do not know and have to");
  if (const auto packet = eap_message(avps)) return on_eap(*packet, surroundings);
  const auto* const name = find_avp(avps, AvpCode::User_Name);
  if (eap_ || name == nullptr || name->data.size() > limits::kEapIdentityOctets)
    return refusal(Reason::out_of_place, "the peer sent neither EAP nor a User-Name that we take");
  std::string identity(as_text(name->data));
  if (const auto* const password = find_avp(avps, AvpCode::User_Password))
    return on_password(std::move(identity), without_padding(password->data), surroundings);
  return on_mschapv2(std::move(identity), avps, session, surroundings);
}

TunnelServerStep TtlsServer::on_password(std::string identity, OctetView password,
                                         const ServerSurroundings& surroundings) const {
  if (!config_->inner.pap)
    return refusal(Reason::no_common_method, "the peer chose PAP, which the configuration does not allow");
  const auto wanted = surroundings.secrets.find(Method::TTLS, identity);
  if (!wanted || wanted->is_nt_hash)
    return refusal(Reason::identity_unknown, "no password is configured for '" + shown(identity) + "'");
  if (!secret_equal(wanted->octets.reveal(), password))
    return refusal(Reason::peer_not_authenticated, "the password of '" + shown(identity) + "' is wrong");
  return TunnelSucceeded{std::move(identity)};
}

TunnelServerStep TtlsServer::on_mschapv2(std::string identity, const std::vector<Avp>& avps, const TlsSession& session,
                                         const ServerSurroundings& surroundings) {
  using namespace mschapv2;
  const auto* const response = find_avp(avps, MicrosoftAvpCode::MS_CHAP2_Response);
  const auto* const challenge = find_avp(avps, MicrosoftAvpCode::MS_CHAP_Challenge);
  if (response == nullptr || challenge == nullptr || response->data.size() != kResponseOctets)
    return refusal(Reason::no_common_method, "the peer chose neither PAP nor MS-CHAP-V2 nor EAP");
  if (!config_->inner.mschapv2)
    return refusal(Reason::no_common_method, "the peer chose MS-CHAP-V2, which the configuration does not allow");
  if (!has_legacy_algorithms())
    return refusal(Reason::not_available,
                   "MS-CHAP-V2 needs MD4 and DES of OpenSSL's provider 'legacy', which is not here");
  // RFC 5281 §11.2.4: challenge and identifier come of the TLS that they are said in.
  const auto wanted = ttls_challenge(session);
  const OctetView data(response->data);
  if (!same_octets(challenge->data, wanted.reveal().first(16)) || data[0] != wanted.reveal()[16])
    return refusal(Reason::out_of_place, "the peer's challenge of MS-CHAP-V2 is not that of this tunnel");
  Exchange exchange{{}, {}, std::string(without_domain(identity))};
  NtResponse proof;
  std::ranges::copy(challenge->data, exchange.authenticator_challenge.begin());
  std::ranges::copy(data.subspan(2, 16), exchange.peer_challenge.begin());
  std::ranges::copy(data.subspan(26, 24), proof.begin());
  auto password = surroundings.secrets.find(Method::TTLS, identity);
  if (!password) password = surroundings.secrets.find(Method::TTLS, without_domain(identity));
  const auto hash = password ? password_hash(*password) : password_hash({});
  const bool right = hash && secret_equal(nt_response(*hash, exchange), proof);
  if (!password) return refusal(Reason::identity_unknown, "no password is configured for '" + shown(identity) + "'");
  if (!right) return refusal(Reason::peer_not_authenticated, "the password of '" + shown(identity) + "' is wrong");
  proven_ = std::move(identity);
  proof_sent_ = true;
  Octets success{data[0]};
  append(success, as_octets(success_message(authenticator_response(*hash, proof, exchange)).substr(0, 42)));
  return TunnelSay{encode({avp(MicrosoftAvpCode::MS_CHAP2_Success, success)})};
}

TunnelServerStep TtlsServer::on_eap(OctetView octets, const ServerSurroundings& surroundings) {
  if (eap_) return carry_out(eap_->on_response(octets, surroundings));
  // RFC 5281 §11.2.1: the client begins with an identity that nobody asked for.
  const auto packet = parse_packet(octets);
  if (!packet || packet->code != Code::Response || packet->type != Method::Identity ||
      packet->data.size() > limits::kEapIdentityOctets)
    return refusal(Reason::out_of_place, "the peer did not begin EAP with its identity");
  auto inner = std::make_shared<ServerConfig>();
  inner->methods = config_->inner.methods;
  inner->asks_identity = false;
  inner->name = config_->name;
  eap_ = std::make_unique<Server>(std::move(inner), std::string(as_text(packet->data)));
  return carry_out(eap_->start(surroundings));
}

TunnelServerStep TtlsServer::carry_out(ServerStep step) {
  if (auto* const send = std::get_if<Send>(&step))
    return TunnelSay{encode({avp(AvpCode::EAP_Message, send->packet)}), std::move(send->decided)};
  // RFC 5281 §11.2.1: how it ended is told outside.
  if (auto* const succeeded = std::get_if<ServerSucceeded>(&step))
    return TunnelSucceeded{std::move(succeeded->identity)};
  return std::get<ServerFailed>(std::move(step)).refusal;
}

}  // namespace keypact::eap
