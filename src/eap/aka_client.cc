#include "eap/aka_client.h"

#include <algorithm>
#include <set>

#include "base/reader.h"
#include "eap/simaka_common.h"

namespace keypact::eap {
namespace {

constexpr std::uint16_t kKdfOfAkaPrime = 1;
constexpr std::uint16_t kPrefersAkaPrime = 0x8000;
constexpr unsigned kIdentityRounds = 3;  // RFC 4187 §4.1.4: any, full, permanent

template <std::size_t Octets>
std::array<std::uint8_t, Octets> array_of(OctetView octets) {
  std::array<std::uint8_t, Octets> array;
  std::ranges::copy(octets.first(Octets), array.begin());
  return array;
}

}  // namespace

AkaClient::AkaClient(Method method, std::shared_ptr<const ClientConfig> config)
    : method_(method),
      config_(std::move(config)),
      identity_(config_->anonymous_identity.empty() ? config_->identity : config_->anonymous_identity),
      card_sequence_(config_->card_sequence) {}

Octets AkaClient::end(Octets said, Reason reason, std::string sentence) {
  ended_ = Refusal{reason, method_, std::move(sentence)};
  return said;
}

Octets AkaClient::client_error(Reason reason, std::string sentence) {
  return end(encode_client_error(), reason, std::move(sentence));
}

Octets AkaClient::reject(std::string sentence) {
  return end(encode(SimAkaMessage{Subtype::AKA_Authentication_Reject, {}}), Reason::server_not_authenticated,
             std::move(sentence));
}

Result<Octets, Refusal> AkaClient::on_request(OctetView data, std::uint8_t identifier,
                                              const ClientSurroundings& /*surroundings*/) {
  if (ended_) return failure(*ended_);
  const Packet packet{Code::Request, identifier, method_, to_octets(data)};
  const auto message = parse_sim_aka(data);
  if (!message) return client_error(Reason::malformed, "the server sent " + std::string(message.error()));
  if (message->subtype == Subtype::Notification) return on_notification(*message, packet);
  if (!keys_ && message->subtype == Subtype::AKA_Identity) return on_identity(*message, packet);
  if (!keys_ && message->subtype == Subtype::AKA_Challenge) return on_challenge(*message, packet);
  return client_error(Reason::out_of_place,
                      "the server sent " + to_string(message->subtype) + ", which has no place there");
}

Octets AkaClient::on_identity(const SimAkaMessage& message, const Packet& packet) {
  if (!asks_identity(message) || ++identity_rounds_ > kIdentityRounds)
    return client_error(Reason::out_of_place, "the server asks for our identity without end, or for none");
  identity_ = config_->identity;
  auto answer = encode_identity(Subtype::AKA_Identity, identity_);
  append(identity_packets_, encode(packet));
  append(identity_packets_, encode_response(packet.identifier, method_, answer));
  return answer;
}

Octets AkaClient::on_challenge(const SimAkaMessage& message, const Packet& packet) {
  const auto rand = message.reserved_value(AttributeType::AT_RAND, 16);
  const auto autn = message.reserved_value(AttributeType::AT_AUTN, 16);
  if (!rand || !autn) return client_error(Reason::malformed, "the server's challenge lacks AT_RAND or AT_AUTN");
  if (config_->password.is_nt_hash || config_->password.octets.size() != Milenage::kKeyOctets)
    return client_error(Reason::not_available, "the secret of our card is not K and OPc, 32 octets");
  if (method_ == Method::AKA_PRIME)
    if (auto said = on_kdf(message)) return std::move(*said);
  return on_vector(message, packet, array_of<16>(*rand), array_of<16>(*autn));
}

std::optional<Octets> AkaClient::on_kdf(const SimAkaMessage& message) {
  std::vector<std::uint16_t> offered;
  for (const auto& attribute : message.attributes)
    if (attribute.type == AttributeType::AT_KDF) offered.push_back(Reader(attribute.value).u16().value_or(0));
  const auto network = message.counted_value(AttributeType::AT_KDF_INPUT);
  // RFC 9048 §3.1, §3.2: as if AUTN were wrong.
  if (!network || network->empty()) return reject("the server's challenge names no network");
  if (!kdfs_.empty() && offered != kdfs_)
    return reject("the server changed its AT_KDF in another way than we asked for");
  if (kdfs_.empty() && std::set(offered.begin(), offered.end()).size() != offered.size())
    return reject("the server's challenge has one AT_KDF twice");
  if (!offered.empty() && offered.front() == kKdfOfAkaPrime) return std::nullopt;
  if (std::ranges::find(offered, kKdfOfAkaPrime) == offered.end())
    return reject("the server derives keys in no way that we know");
  kdfs_ = offered;
  kdfs_.insert(kdfs_.begin(), kKdfOfAkaPrime);
  return encode(SimAkaMessage{Subtype::AKA_Challenge, {short_attribute(AttributeType::AT_KDF, kKdfOfAkaPrime)}});
}

Octets AkaClient::on_vector(const SimAkaMessage& message, const Packet& packet, const Block& rand, const Autn& autn) {
  auto card = answer_of_card(config_->password.octets, card_sequence_, rand, autn);
  if (std::holds_alternative<FalseNetwork>(card))
    return reject("the server does not know the key of our card: K or OPc is another one there");
  // RFC 9048 §3.3: a vector that was made for something else.
  if (method_ == Method::AKA_PRIME && !is_separated(autn))
    return reject("the server's challenge was not made for AKA'");
  if (const auto* const old = std::get_if<Resynchronize>(&card)) {
    if (resynchronized_)
      return client_error(Reason::server_not_authenticated, "the server's sequence number is old again");
    resynchronized_ = true;
    SimAkaMessage said{Subtype::AKA_Synchronization_Failure, {{AttributeType::AT_AUTS, to_octets(old->auts)}}};
    for (const auto& attribute : message.attributes)
      if (method_ == Method::AKA_PRIME && attribute.type == AttributeType::AT_KDF) said.attributes.push_back(attribute);
    return encode(said);
  }
  return answer(message, packet, std::get<CardAnswer>(std::move(card)), autn);
}

Octets AkaClient::answer(const SimAkaMessage& message, const Packet& packet, CardAnswer card, const Autn& autn) {
  card_sequence_ = card.sequence;
  const auto network = message.counted_value(AttributeType::AT_KDF_INPUT);
  auto keys = method_ == Method::AKA_PRIME ? aka_prime_keys(identity_, card.ik, card.ck, as_text(*network), autn)
                                           : aka_keys(identity_, card.ik, card.ck);
  if (!mac_is_right(packet, keys.k_aut))
    return client_error(Reason::server_not_authenticated, "the server's challenge has no AT_MAC, or a wrong one");
  if (!checkcode_is_right(message, method_, identity_packets_))
    return client_error(Reason::server_not_authenticated, "somebody changed how we told our identity to the server");
  const auto bidding = message.short_value(AttributeType::AT_BIDDING).value_or(0);
  const bool both_prefer_prime = method_ == Method::AKA && (bidding & kPrefersAkaPrime) != 0 &&
                                 std::ranges::find(config_->methods, Method::AKA_PRIME) != config_->methods.end();
  // RFC 9048 §4.
  if (both_prefer_prime)
    return reject("both ends have EAP-AKA' and came to EAP-AKA: somebody made them believe that one has it not");
  SimAkaMessage said{Subtype::AKA_Challenge, {counted_attribute(AttributeType::AT_RES, card.res, kBits)}};
  if (message.find(AttributeType::AT_CHECKCODE) != nullptr)
    said.attributes.push_back(checkcode(method_, identity_packets_));
  auto data = encode_with_mac(said, {Code::Response, packet.identifier, method_, {}}, keys.k_aut);
  keys_ = std::move(keys);
  return data;
}

Octets AkaClient::on_notification(const SimAkaMessage& message, const Packet& packet) {
  const auto code = message.short_value(AttributeType::AT_NOTIFICATION);
  // RFC 4187 §6.1: after the challenge it is protected; before it nothing can be, and success cannot be told.
  const bool before = code && (*code & kNotificationBefore) != 0;
  const bool success = code && (*code & kNotificationSuccess) != 0;
  if (!code || before != !keys_ || success || (keys_ && !mac_is_right(packet, keys_->k_aut)))
    return client_error(Reason::out_of_place, "the server sent a notification that has no place there, or a false one");
  const SimAkaMessage acknowledgement{Subtype::Notification, {}};
  auto said = keys_ ? encode_with_mac(acknowledgement, {Code::Response, packet.identifier, method_, {}}, keys_->k_aut)
                    : encode(acknowledgement);
  return end(std::move(said), Reason::refused_by_peer,
             "the server refused '" + shown(config_->identity) + "': " + notification_sentence(*code));
}

Result<std::optional<Msk>, Refusal> AkaClient::on_success(const ClientSurroundings& /*surroundings*/) {
  if (ended_) return failure(*ended_);
  if (!keys_)
    return failure(Refusal{Reason::server_not_authenticated, method_,
                           "the server sent EAP-Success before it proved that it knows the key of our card"});
  return std::optional(Msk(keys_->msk.clone()));
}

Refusal AkaClient::on_failure() const {
  if (ended_) return *ended_;
  return {Reason::refused_by_peer, method_,
          "the server refused '" + shown(config_->identity) + "', and does not say why"};
}

}  // namespace keypact::eap
