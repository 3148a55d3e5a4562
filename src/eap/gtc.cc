#include "eap/gtc.h"

namespace keypact::eap {
namespace {

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::GTC, std::move(sentence)}; }

}  // namespace

ServerMethodStep GtcServer::begin(std::uint8_t /*identifier*/, const ServerSurroundings& /*surroundings*/) {
  return Ask{to_octets("Password: ")};
}

ServerMethodStep GtcServer::on_response(OctetView data, std::uint8_t /*next_identifier*/,
                                        const ServerSurroundings& surroundings) {
  const auto password = surroundings.secrets.find(Method::GTC, identity_);
  if (!password || password->is_nt_hash)
    return refusal(Reason::identity_unknown, "no password is configured for '" + shown(identity_) + "'");
  if (!secret_equal(password->octets.reveal(), data))
    return refusal(Reason::peer_not_authenticated, "the password of '" + shown(identity_) + "' is wrong");
  return MethodSucceeded{{}, identity_};
}

Result<Octets, Refusal> GtcClient::on_request(OctetView /*prompt*/, std::uint8_t /*identifier*/,
                                              const ClientSurroundings& /*surroundings*/) {
  if (answered_) return failure(refusal(Reason::out_of_place, "the server asked a second time"));
  if (config_->password.is_nt_hash)
    return failure(
        refusal(Reason::not_available, "EAP-GTC needs the password itself, and only its NT hash is configured"));
  answered_ = true;
  return to_octets(config_->password.octets.reveal());
}

Refusal GtcClient::on_failure() const { return refusal(Reason::refused_by_peer, "the server refused our password"); }

}  // namespace keypact::eap
