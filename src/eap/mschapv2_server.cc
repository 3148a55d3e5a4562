#include "eap/mschapv2_server.h"

#include <algorithm>

#include "eap/digest.h"

namespace keypact::eap {
namespace {

using namespace mschapv2;

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::MSCHAPV2, std::move(sentence)}; }

bool same_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The whole name, or else the user of the domain.
std::optional<Password> find_password(const SecretSource& secrets, const std::string& name) {
  auto password = secrets.find(Method::MSCHAPV2, name);
  return password ? std::move(password) : secrets.find(Method::MSCHAPV2, without_domain(name));
}

}  // namespace

ServerMethodStep Mschapv2Server::begin(std::uint8_t identifier, const ServerSurroundings& surroundings) {
  if (!has_legacy_algorithms())
    return refusal(Reason::not_available,
                   "EAP-MSCHAPv2 needs MD4 and DES, which this OpenSSL's provider 'legacy' has; it cannot be loaded: "
                   "install it (Debian: openssl-provider-legacy)");
  id_ = identifier;
  surroundings.random.fill(challenge_);
  return Ask{encode(ChallengePacket{id_, challenge_, name_})};
}

ServerMethodStep Mschapv2Server::on_response(OctetView data, std::uint8_t /*next_identifier*/,
                                             const ServerSurroundings& surroundings) {
  const auto answer = parse_answer(data);
  if (!answer) return refusal(Reason::malformed, "the peer sent what is no response of MS-CHAPv2");
  // Row F01: every packet has one place.
  if (waiting_ == Waiting::response)
    if (const auto* const response = std::get_if<ResponsePacket>(&*answer)) return on_proof(*response, surroundings);
  if (waiting_ == Waiting::acknowledgement_of_success && std::holds_alternative<SuccessAcknowledged>(*answer))
    return MethodSucceeded{std::move(msk_), authenticated_};
  if (waiting_ == Waiting::acknowledgement_of_failure) return refusal_;
  if (waiting_ == Waiting::acknowledgement_of_success && std::holds_alternative<FailureAcknowledged>(*answer))
    return refusal(Reason::refused_by_peer,
                   "'" + shown(authenticated_) + "' does not believe that we know its password");
  return refusal(Reason::out_of_place, "the peer sent a response of MS-CHAPv2 that does not belong there");
}

ServerMethodStep Mschapv2Server::on_proof(const ResponsePacket& response, const ServerSurroundings& surroundings) {
  if (response.id != id_)
    return refusal(Reason::out_of_place,
                   "the peer's response of MS-CHAPv2 has another MS-CHAPv2-ID than our challenge");
  if (!identity_.empty() && !same_without_case(without_domain(response.name), without_domain(identity_)))
    return refuse(refusal(Reason::identity_differs, "the peer is called '" + shown(identity_) +
                                                        "', and would authenticate as '" + shown(response.name) + "'"),
                  surroundings);
  const auto password = find_password(surroundings.secrets, response.name);
  // Who does not exist takes as long, and is told the same.
  const auto hash = password ? password_hash(*password) : password_hash({});
  const Exchange exchange{challenge_, response.peer_challenge, std::string(without_domain(response.name))};
  const bool right = hash && secret_equal(nt_response(*hash, exchange), response.response);
  if (!password)
    return refuse(refusal(Reason::identity_unknown, "no password is configured for '" + shown(response.name) + "'"),
                  surroundings);
  if (!hash)
    return refuse(refusal(Reason::not_available, "the password of '" + shown(response.name) +
                                                     "' is neither UTF-8 nor an NT hash of 16 octets"),
                  surroundings);
  if (!right)
    return refuse(refusal(Reason::peer_not_authenticated, "the password of '" + shown(response.name) + "' is wrong"),
                  surroundings);
  authenticated_ = response.name;
  msk_ = msk(*hash, response.response);
  waiting_ = Waiting::acknowledgement_of_success;
  return Ask{encode(SuccessPacket{id_, success_message(authenticator_response(*hash, response.response, exchange))})};
}

ServerMethodStep Mschapv2Server::refuse(Refusal refusal, const ServerSurroundings& surroundings) {
  refusal_ = std::move(refusal);
  waiting_ = Waiting::acknowledgement_of_failure;
  // RFC 2759 §6: the challenge has to be there although no retry is allowed.
  const auto challenge = to_hex(surroundings.random.octets(16));
  return Ask{encode(FailurePacket{id_, "E=691 R=0 C=" + challenge + " V=3 M=Authentication failed"}), refusal_};
}

}  // namespace keypact::eap
