#include "eap/mschapv2_client.h"

#include "eap/digest.h"

namespace keypact::eap {
namespace {

using namespace mschapv2;

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::MSCHAPV2, std::move(sentence)}; }

}  // namespace

Result<Octets, Refusal> Mschapv2Client::on_request(OctetView data, std::uint8_t /*identifier*/,
                                                   const ClientSurroundings& surroundings) {
  const auto packet = parse_request(data);
  if (!packet) return failure(refusal(Reason::malformed, "the server sent what is no request of MS-CHAPv2"));
  // Row F01: every packet has one place.
  if (waiting_ == Waiting::challenge)
    if (const auto* const challenge = std::get_if<ChallengePacket>(&*packet))
      return on_challenge(*challenge, surroundings);
  if (waiting_ == Waiting::result) {
    if (const auto* const success = std::get_if<SuccessPacket>(&*packet)) return on_proof(*success);
    if (const auto* const failed = std::get_if<FailurePacket>(&*packet)) {
      told_ = failure_sentence(failed->message);
      waiting_ = Waiting::end_after_failure;
      return encode(FailureAcknowledged{});
    }
  }
  return failure(refusal(Reason::out_of_place, "the server sent a request of MS-CHAPv2 that does not belong there"));
}

Result<Octets, Refusal> Mschapv2Client::on_challenge(const ChallengePacket& packet,
                                                     const ClientSurroundings& surroundings) {
  if (!has_legacy_algorithms())
    return failure(refusal(Reason::not_available,
                           "EAP-MSCHAPv2 needs MD4 and DES, which this OpenSSL's provider 'legacy' has; it cannot be "
                           "loaded: install it (Debian: openssl-provider-legacy)"));
  const auto hash = password_hash(config_->password);
  if (!hash)
    return failure(refusal(Reason::not_available, "our password is neither UTF-8 nor an NT hash of 16 octets"));
  Exchange exchange{packet.challenge, {}, std::string(without_domain(config_->identity))};
  surroundings.random.fill(exchange.peer_challenge);
  response_ = nt_response(*hash, exchange);
  wanted_ = authenticator_response(*hash, response_, exchange);
  msk_ = msk(*hash, response_);
  waiting_ = Waiting::result;
  return encode(ResponsePacket{packet.id, exchange.peer_challenge, response_, config_->identity});
}

Result<Octets, Refusal> Mschapv2Client::on_proof(const SuccessPacket& packet) {
  // RFC 2759 §5: without the right proof it ends here.
  const auto proof = parse_success(packet.message);
  if (!proof || !secret_equal(*proof, wanted_))
    return failure(refusal(Reason::server_not_authenticated,
                           "the server accepted our response, and could not prove that it knows our password itself"));
  waiting_ = Waiting::end_after_success;
  return encode(SuccessAcknowledged{});
}

Result<std::optional<Msk>, Refusal> Mschapv2Client::on_success(const ClientSurroundings& /*surroundings*/) {
  if (waiting_ != Waiting::end_after_success)
    return failure(refusal(Reason::server_not_authenticated,
                           "the server sent EAP-Success before it proved that it knows our password"));
  return std::move(msk_);
}

Refusal Mschapv2Client::on_failure() const {
  if (waiting_ == Waiting::end_after_failure)
    return refusal(Reason::refused_by_peer, "the server refused '" + shown(config_->identity) + "': " + told_);
  return refusal(Reason::refused_by_peer,
                 "the server refused '" + shown(config_->identity) + "', and does not say why");
}

}  // namespace keypact::eap
