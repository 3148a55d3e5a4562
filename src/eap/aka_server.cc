#include "eap/aka_server.h"

#include <algorithm>

#include "base/limits.h"
#include "eap/simaka_common.h"

namespace keypact::eap {
namespace {

constexpr std::uint16_t kKdfOfAkaPrime = 1;
constexpr std::uint16_t kPrefersAkaPrime = 0x8000;

/// New without anything to remember: a card that has seen a greater one tells it, and gets one above that.
SequenceNumber sequence_at(std::int64_t now) { return static_cast<SequenceNumber>(now) << 16 & (kSequenceNumbers - 1); }

}  // namespace

std::optional<Password> find_subscriber(const SecretSource& secrets, Method method, std::string_view identity) {
  auto subscriber = identity.empty() ? std::nullopt : secrets.find(method, identity);
  if (subscriber && (subscriber->is_nt_hash || subscriber->octets.size() != Milenage::kKeyOctets)) return std::nullopt;
  return subscriber;
}

Refusal AkaServer::refusal(Reason reason, std::string sentence) const { return {reason, method_, std::move(sentence)}; }

ServerMethodStep AkaServer::notify(Reason reason, std::string sentence) {
  // RFC 4187 §6.3.2: before EAP-Failure.
  refusal_ = refusal(reason, std::move(sentence));
  waiting_ = Waiting::acknowledgement_of_failure;
  return Ask{encode_failure_notification()};
}

ServerMethodStep AkaServer::begin(std::uint8_t identifier, const ServerSurroundings& surroundings) {
  const auto subscriber = find_subscriber(surroundings.secrets, method_, identity_);
  // It may be a pseudonym that another server gave it.
  if (!subscriber) return ask_identity(identifier);
  return challenge(*subscriber, sequence_at(surroundings.now), identifier, surroundings);
}

ServerMethodStep AkaServer::ask_identity(std::uint8_t identifier) {
  waiting_ = Waiting::identity;
  auto data =
      encode(SimAkaMessage{Subtype::AKA_Identity, {reserved_attribute(AttributeType::AT_PERMANENT_ID_REQ, {})}});
  identity_packets_ = encode_request(identifier, method_, data);
  return Ask{std::move(data)};
}

ServerMethodStep AkaServer::challenge(const Password& subscriber, SequenceNumber sequence, std::uint8_t identifier,
                                      const ServerSurroundings& surroundings) {
  waiting_ = Waiting::challenge;
  Block rand;
  surroundings.random.fill(rand);
  const bool prime = method_ == Method::AKA_PRIME;
  vector_ = make_vector(subscriber.octets, rand, sequence, prime);
  keys_ = prime ? aka_prime_keys(identity_, vector_.ik, vector_.ck, config_->network, vector_.autn)
                : aka_keys(identity_, vector_.ik, vector_.ck);
  SimAkaMessage message{Subtype::AKA_Challenge,
                        {reserved_attribute(AttributeType::AT_RAND, vector_.rand),
                         reserved_attribute(AttributeType::AT_AUTN, vector_.autn)}};
  if (prime) {
    message.attributes.push_back(short_attribute(AttributeType::AT_KDF, kKdfOfAkaPrime));
    message.attributes.push_back(counted_attribute(AttributeType::AT_KDF_INPUT, as_octets(config_->network)));
  } else if (std::ranges::find(config_->methods, Method::AKA_PRIME) != config_->methods.end()) {
    // RFC 9048 §4: who could have had AKA' learns here that somebody took it away.
    message.attributes.push_back(short_attribute(AttributeType::AT_BIDDING, kPrefersAkaPrime));
  }
  if (!identity_packets_.empty()) message.attributes.push_back(checkcode(method_, identity_packets_));
  return Ask{encode_with_mac(message, {Code::Request, identifier, method_, {}}, keys_.k_aut)};
}

ServerMethodStep AkaServer::on_response(OctetView data, std::uint8_t next_identifier,
                                        const ServerSurroundings& surroundings) {
  if (waiting_ == Waiting::acknowledgement_of_failure) return refusal_;
  const auto message = parse_sim_aka(data);
  if (!message) return notify(Reason::malformed, "the peer sent " + std::string(message.error()));
  const Packet packet{Code::Response, static_cast<std::uint8_t>(next_identifier - 1), method_, to_octets(data)};
  return on_message(*message, packet, surroundings);
}

ServerMethodStep AkaServer::on_message(const SimAkaMessage& message, const Packet& packet,
                                       const ServerSurroundings& surroundings) {
  switch (message.subtype) {
    case Subtype::Client_Error:
      return refusal(Reason::refused_by_peer,
                     "'" + shown(identity_) + "' cannot process our request (client error " +
                         std::to_string(message.short_value(AttributeType::AT_CLIENT_ERROR_CODE).value_or(0)) + ")");
    case Subtype::AKA_Authentication_Reject:
      return refusal(Reason::refused_by_peer, "the card of '" + shown(identity_) +
                                                  "' does not take us for its network: K or OPc is another one there");
    case Subtype::AKA_Identity:
      if (waiting_ == Waiting::identity) return on_identity(message, packet, surroundings);
      break;
    case Subtype::AKA_Synchronization_Failure:
      if (waiting_ == Waiting::challenge && !resynchronized_)
        return on_resynchronization(message, packet, surroundings);
      break;
    case Subtype::AKA_Challenge:
      if (waiting_ == Waiting::challenge) return on_answer(message, packet);
      break;
    default: break;
  }
  return notify(Reason::out_of_place, "the peer sent " + to_string(message.subtype) + ", which has no place there");
}

ServerMethodStep AkaServer::on_identity(const SimAkaMessage& message, const Packet& packet,
                                        const ServerSurroundings& surroundings) {
  const auto identity = message.counted_value(AttributeType::AT_IDENTITY);
  if (!identity || identity->size() > limits::kEapIdentityOctets)
    return notify(Reason::malformed, "the peer did not tell its identity");
  identity_ = as_text(*identity);
  append(identity_packets_, encode(packet));
  const auto subscriber = find_subscriber(surroundings.secrets, method_, identity_);
  if (!subscriber)
    return notify(Reason::identity_unknown,
                  "no subscriber '" + shown(identity_) + "' is configured with K and OPc, 32 octets");
  return challenge(*subscriber, sequence_at(surroundings.now), static_cast<std::uint8_t>(packet.identifier + 1),
                   surroundings);
}

ServerMethodStep AkaServer::on_resynchronization(const SimAkaMessage& message, const Packet& packet,
                                                 const ServerSurroundings& surroundings) {
  const auto subscriber = find_subscriber(surroundings.secrets, method_, identity_);
  const auto* const value = message.find(AttributeType::AT_AUTS);
  Auts auts;
  if (!subscriber || value == nullptr || value->size() != auts.size())
    return notify(Reason::malformed, "the peer asked for a newer sequence number without telling its own");
  // RFC 9048 §3.2: with what was negotiated.
  if (method_ == Method::AKA_PRIME && message.short_value(AttributeType::AT_KDF) != kKdfOfAkaPrime)
    return notify(Reason::malformed, "the peer asked for a newer sequence number for another AT_KDF");
  std::ranges::copy(*value, auts.begin());
  const auto sequence = open_auts(subscriber->octets, vector_.rand, auts);
  if (!sequence)
    return notify(Reason::peer_not_authenticated, "the card of '" + shown(identity_) + "' does not know K and OPc");
  resynchronized_ = true;
  return challenge(*subscriber, (*sequence + 1) & (kSequenceNumbers - 1),
                   static_cast<std::uint8_t>(packet.identifier + 1), surroundings);
}

ServerMethodStep AkaServer::on_answer(const SimAkaMessage& message, const Packet& packet) {
  if (!mac_is_right(packet, keys_.k_aut))
    return notify(Reason::peer_not_authenticated,
                  "the answer of '" + shown(identity_) + "' has no AT_MAC, or a wrong one");
  if (!checkcode_is_right(message, method_, identity_packets_))
    return notify(Reason::peer_not_authenticated, "somebody changed how '" + shown(identity_) + "' told its identity");
  const auto res = message.counted_value(AttributeType::AT_RES, kBits);
  if (!res || !secret_equal(*res, vector_.res))
    return notify(Reason::peer_not_authenticated, "the card of '" + shown(identity_) + "' gave a wrong answer");
  return MethodSucceeded{Msk(keys_.msk.clone()), identity_};
}

}  // namespace keypact::eap
