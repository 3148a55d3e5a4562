#include "eap/sim_server.h"

#include "base/limits.h"
#include "eap/aka_server.h"
#include "eap/sim_client.h"
#include "eap/simaka_common.h"

namespace keypact::eap {
namespace {

constexpr std::size_t kTriplets = 3;

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::SIM, std::move(sentence)}; }

}  // namespace

ServerMethodStep SimServer::notify(Reason reason, std::string sentence) {
  refusal_ = refusal(reason, std::move(sentence));
  waiting_ = Waiting::acknowledgement_of_failure;
  return Ask{encode_failure_notification()};
}

ServerMethodStep SimServer::begin(std::uint8_t /*identifier*/, const ServerSurroundings& surroundings) {
  SimAkaMessage message{Subtype::SIM_Start, {counted_attribute(AttributeType::AT_VERSION_LIST, kSimVersionList)}};
  identity_asked_ = !find_subscriber(surroundings.secrets, Method::SIM, identity_);
  if (identity_asked_) message.attributes.push_back(reserved_attribute(AttributeType::AT_PERMANENT_ID_REQ, {}));
  return Ask{encode(message)};
}

ServerMethodStep SimServer::on_response(OctetView data, std::uint8_t next_identifier,
                                        const ServerSurroundings& surroundings) {
  if (waiting_ == Waiting::acknowledgement_of_failure) return refusal_;
  const auto message = parse_sim_aka(data);
  if (!message) return notify(Reason::malformed, "the peer sent " + std::string(message.error()));
  if (message->subtype == Subtype::Client_Error)
    return refusal(Reason::refused_by_peer,
                   "'" + shown(identity_) + "' cannot process our request (client error " +
                       std::to_string(message->short_value(AttributeType::AT_CLIENT_ERROR_CODE).value_or(0)) +
                       "): the key of its card may be another one");
  if (message->subtype == Subtype::SIM_Start && waiting_ == Waiting::start)
    return on_start(*message, next_identifier, surroundings);
  if (message->subtype == Subtype::SIM_Challenge && waiting_ == Waiting::challenge)
    return on_answer({Code::Response, static_cast<std::uint8_t>(next_identifier - 1), Method::SIM, to_octets(data)});
  return notify(Reason::out_of_place, "the peer sent " + to_string(message->subtype) + ", which has no place there");
}

ServerMethodStep SimServer::on_start(const SimAkaMessage& message, std::uint8_t next_identifier,
                                     const ServerSurroundings& surroundings) {
  const auto nonce = message.reserved_value(AttributeType::AT_NONCE_MT, 16);
  if (!nonce || message.short_value(AttributeType::AT_SELECTED_VERSION) != kSimVersion)
    return notify(Reason::malformed, "the peer's start lacks AT_NONCE_MT, or chose another version than 1");
  if (identity_asked_) {
    const auto identity = message.counted_value(AttributeType::AT_IDENTITY);
    if (!identity || identity->size() > limits::kEapIdentityOctets)
      return notify(Reason::malformed, "the peer did not tell its identity");
    identity_ = as_text(*identity);
  }
  const auto subscriber = find_subscriber(surroundings.secrets, Method::SIM, identity_);
  if (!subscriber)
    return notify(Reason::identity_unknown,
                  "no subscriber '" + shown(identity_) + "' is configured with K and OPc, 32 octets");
  const Milenage milenage(subscriber->octets);
  Octets rands;
  std::vector<Secret> kcs;
  answers_.clear();
  for (std::size_t i = 0; i < kTriplets; ++i) {
    Block rand;
    surroundings.random.fill(rand);
    const auto triplet = milenage.gsm_answer(rand);
    append(rands, rand);
    append(answers_, triplet.sres);
    kcs.push_back(Secret::copy_of(triplet.kc));
  }
  keys_ = sim_keys(identity_, kcs, *nonce, kSimVersionList, kSimVersion);
  waiting_ = Waiting::challenge;
  const SimAkaMessage challenge{Subtype::SIM_Challenge, {reserved_attribute(AttributeType::AT_RAND, rands)}};
  return Ask{encode_with_mac(challenge, {Code::Request, next_identifier, Method::SIM, {}}, keys_.k_aut, *nonce)};
}

ServerMethodStep SimServer::on_answer(const Packet& packet) {
  // RFC 4186 §9.4: the answers of the card are not sent, but under the MAC.
  if (!mac_is_right(packet, keys_.k_aut, answers_))
    return notify(Reason::peer_not_authenticated, "the card of '" + shown(identity_) + "' gave a wrong answer");
  return MethodSucceeded{Msk(keys_.msk.clone()), identity_};
}

}  // namespace keypact::eap
