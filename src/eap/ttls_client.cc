#include "eap/ttls_client.h"

#include <algorithm>

#include "eap/digest.h"
#include "eap/ttls_server.h"

namespace keypact::eap {
namespace {

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::TTLS, std::move(sentence)}; }

}  // namespace

Result<Octets, Refusal> TtlsClient::begin(const TlsSession& session, const ClientSurroundings& surroundings) {
  const auto name = avp(AvpCode::User_Name, as_octets(config_->identity));
  switch (config_->inner.ttls) {
    case TtlsInner::mschapv2: return begin_mschapv2(session, surroundings);
    case TtlsInner::pap: {
      if (config_->password.is_nt_hash)
        return failure(
            refusal(Reason::not_available, "PAP needs the password itself, and only its NT hash is configured"));
      // RFC 5281 §11.2.5: padded with zeros, so that its length is hidden.
      auto password = to_octets(config_->password.octets.reveal());
      password.resize((password.size() + 15) / 16 * 16);
      content_ = true;
      auto clear = encode({name, avp(AvpCode::User_Password, password)});
      wipe_octets(password);
      return clear;
    }
    case TtlsInner::eap: break;
  }
  eap_ = std::make_unique<Client>(inner_of(*config_));
  // RFC 5281 §11.2.1: an identity that nobody asked for.
  return encode({avp(AvpCode::EAP_Message, encode_response(0, Method::Identity, as_octets(config_->identity)))});
}

Result<Octets, Refusal> TtlsClient::begin_mschapv2(const TlsSession& session, const ClientSurroundings& surroundings) {
  using namespace mschapv2;
  const auto hash = has_legacy_algorithms() ? password_hash(config_->password) : std::nullopt;
  if (!hash)
    return failure(
        refusal(Reason::not_available,
                "MS-CHAP-V2 needs OpenSSL's provider 'legacy', and a password in UTF-8 or an NT hash of 16 octets"));
  const auto challenge = ttls_challenge(session);
  Exchange exchange{{}, {}, std::string(without_domain(config_->identity))};
  std::ranges::copy(challenge.reveal().first(16), exchange.authenticator_challenge.begin());
  surroundings.random.fill(exchange.peer_challenge);
  const auto response = nt_response(*hash, exchange);
  wanted_ = authenticator_response(*hash, response, exchange);
  ident_ = challenge.reveal()[16];
  Octets data{ident_, 0};
  append(data, exchange.peer_challenge);
  data.resize(data.size() + 8);
  append(data, response);
  return encode({avp(AvpCode::User_Name, as_octets(config_->identity)),
                 avp(MicrosoftAvpCode::MS_CHAP_Challenge, exchange.authenticator_challenge),
                 avp(MicrosoftAvpCode::MS_CHAP2_Response, data)});
}

Result<Octets, Refusal> TtlsClient::on_clear(OctetView clear, const ClientSurroundings& surroundings) {
  const auto avps = parse_avps(clear);
  if (!avps) return failure(refusal(Reason::malformed, "the server sent " + std::string(avps.error())));
  if (eap_)
    if (const auto packet = eap_message(*avps)) return on_eap(*packet, surroundings);
  if (config_->inner.ttls == TtlsInner::mschapv2 && !content_) return on_mschapv2(*avps);
  return failure(refusal(Reason::out_of_place, "the server said what has no place there"));
}

Result<Octets, Refusal> TtlsClient::on_mschapv2(const std::vector<Avp>& avps) {
  if (const auto* const error = find_avp(avps, MicrosoftAvpCode::MS_CHAP_Error)) {
    const auto message = as_text(error->data);
    told_ = mschapv2::failure_sentence(message.substr(message.empty() ? 0 : 1));
    return Octets();
  }
  const auto* const success = find_avp(avps, MicrosoftAvpCode::MS_CHAP2_Success);
  const auto proof = success != nullptr && !success->data.empty() && success->data[0] == ident_
                         ? mschapv2::parse_success(as_text(success->data).substr(1))
                         : std::nullopt;
  if (!proof || !secret_equal(*proof, wanted_))
    return failure(refusal(Reason::server_not_authenticated,
                           "the server accepted our response, and could not prove that it knows our password itself"));
  content_ = true;
  return Octets();
}

Result<Octets, Refusal> TtlsClient::on_eap(OctetView packet, const ClientSurroundings& surroundings) {
  auto step = eap_->on_packet(packet, surroundings);
  if (auto* const send = std::get_if<ClientSend>(&step)) return encode({avp(AvpCode::EAP_Message, send->packet)});
  eap_.reset();
  if (auto* const failed = std::get_if<ClientFailed>(&step)) return failure(std::move(failed->refusal));
  content_ = true;
  return Octets();
}

std::string TtlsClient::told() const { return eap_ ? eap_->told() : told_; }

Result<void, Refusal> TtlsClient::on_success(const ClientSurroundings& surroundings) {
  if (eap_) {
    // RFC 5281 §11.2.1: the Success outside is that of the method inside, too.
    auto step = eap_->on_packet(encode_result(Code::Success, 0), surroundings);
    if (auto* const failed = std::get_if<ClientFailed>(&step)) return failure(std::move(failed->refusal));
    content_ = true;
  }
  if (!content_)
    return failure(refusal(Reason::server_not_authenticated,
                           "the server sent EAP-Success before it proved that it knows our password"));
  return {};
}

}  // namespace keypact::eap
