#include "eap/sim_client.h"

#include <algorithm>

#include "base/reader.h"
#include "eap/simaka_common.h"

namespace keypact::eap {
namespace {

constexpr unsigned kStarts = 3;  // RFC 4186 §4.2.5: any, full, permanent
constexpr std::size_t kRandOctets = 16;

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::SIM, std::move(sentence)}; }

bool lists_our_version(OctetView list) {
  Reader in(list);
  while (const auto version = in.u16())
    if (*version == kSimVersion) return true;
  return false;
}

/// Two or three of them, all different (RFC 4186 §10.9).
std::vector<Block> read_rands(const SimAkaMessage& message) {
  std::vector<Block> rands;
  const auto* const value = message.find(AttributeType::AT_RAND);
  if (value == nullptr || (value->size() != 2 + 2 * kRandOctets && value->size() != 2 + 3 * kRandOctets)) return {};
  for (std::size_t at = 2; at < value->size(); at += kRandOctets) {
    Block rand;
    std::ranges::copy(OctetView(*value).subspan(at, kRandOctets), rand.begin());
    if (std::ranges::find(rands, rand) != rands.end()) return {};
    rands.push_back(rand);
  }
  return rands;
}

}  // namespace

SimClient::SimClient(std::shared_ptr<const ClientConfig> config)
    : config_(std::move(config)),
      identity_(config_->anonymous_identity.empty() ? config_->identity : config_->anonymous_identity) {}

Octets SimClient::client_error(Reason reason, std::string sentence) {
  ended_ = refusal(reason, std::move(sentence));
  return encode_client_error();
}

Result<Octets, Refusal> SimClient::on_request(OctetView data, std::uint8_t identifier,
                                              const ClientSurroundings& surroundings) {
  if (ended_) return failure(*ended_);
  const auto message = parse_sim_aka(data);
  if (!message) return client_error(Reason::malformed, "the server sent " + std::string(message.error()));
  const Packet packet{Code::Request, identifier, Method::SIM, to_octets(data)};
  if (message->subtype == Subtype::Notification) return on_notification(*message, packet);
  if (!keys_ && message->subtype == Subtype::SIM_Start) return on_start(*message, surroundings);
  if (!keys_ && starts_ > 0 && message->subtype == Subtype::SIM_Challenge) return on_challenge(*message, packet);
  return client_error(Reason::out_of_place,
                      "the server sent " + to_string(message->subtype) + ", which has no place there");
}

Octets SimClient::on_start(const SimAkaMessage& message, const ClientSurroundings& surroundings) {
  const auto list = message.counted_value(AttributeType::AT_VERSION_LIST);
  if (!list || !lists_our_version(*list) || ++starts_ > kStarts)
    return client_error(Reason::malformed, "the server's start does not list version 1, or comes again and again");
  if (starts_ == 1) surroundings.random.fill(nonce_);
  version_list_ = to_octets(*list);
  SimAkaMessage said{Subtype::SIM_Start,
                     {reserved_attribute(AttributeType::AT_NONCE_MT, nonce_),
                      short_attribute(AttributeType::AT_SELECTED_VERSION, kSimVersion)}};
  if (asks_identity(message)) {
    identity_ = config_->identity;
    said.attributes.push_back(counted_attribute(AttributeType::AT_IDENTITY, as_octets(identity_)));
  }
  return encode(said);
}

Octets SimClient::on_challenge(const SimAkaMessage& message, const Packet& packet) {
  const auto rands = read_rands(message);
  if (rands.empty())
    return client_error(Reason::malformed, "the server's challenge has not two or three different AT_RAND");
  if (config_->password.is_nt_hash || config_->password.octets.size() != Milenage::kKeyOctets)
    return client_error(Reason::not_available, "the secret of our card is not K and OPc, 32 octets");
  const Milenage milenage(config_->password.octets);
  std::vector<Secret> kcs;
  Octets answers;
  for (const auto& rand : rands) {
    const auto triplet = milenage.gsm_answer(rand);
    kcs.push_back(Secret::copy_of(triplet.kc));
    append(answers, triplet.sres);
  }
  auto keys = sim_keys(identity_, kcs, nonce_, version_list_, kSimVersion);
  if (!mac_is_right(packet, keys.k_aut, nonce_))
    return client_error(Reason::server_not_authenticated,
                        "the server does not know the key of our card: the AT_MAC of its challenge is wrong");
  auto said = encode_with_mac({Subtype::SIM_Challenge, {}}, {Code::Response, packet.identifier, Method::SIM, {}},
                              keys.k_aut, answers);
  keys_ = std::move(keys);
  return said;
}

Octets SimClient::on_notification(const SimAkaMessage& message, const Packet& packet) {
  const auto code = message.short_value(AttributeType::AT_NOTIFICATION);
  const bool before = code && (*code & kNotificationBefore) != 0;
  const bool success = code && (*code & kNotificationSuccess) != 0;
  if (!code || before != !keys_ || success || (keys_ && !mac_is_right(packet, keys_->k_aut)))
    return client_error(Reason::out_of_place, "the server sent a notification that has no place there, or a false one");
  ended_ = refusal(Reason::refused_by_peer,
                   "the server refused '" + shown(config_->identity) + "': " + notification_sentence(*code));
  const SimAkaMessage acknowledgement{Subtype::Notification, {}};
  return keys_ ? encode_with_mac(acknowledgement, {Code::Response, packet.identifier, Method::SIM, {}}, keys_->k_aut)
               : encode(acknowledgement);
}

Result<std::optional<Msk>, Refusal> SimClient::on_success(const ClientSurroundings& /*surroundings*/) {
  if (ended_) return failure(*ended_);
  if (!keys_)
    return failure(refusal(Reason::server_not_authenticated,
                           "the server sent EAP-Success before it proved that it knows the key of our card"));
  return std::optional(Msk(keys_->msk.clone()));
}

Refusal SimClient::on_failure() const {
  if (ended_) return *ended_;
  return refusal(Reason::refused_by_peer,
                 "the server refused '" + shown(config_->identity) + "', and does not say why");
}

}  // namespace keypact::eap
