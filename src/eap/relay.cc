#include "eap/relay.h"

#include <algorithm>

#include "base/limits.h"
#include "base/writer.h"

namespace keypact::eap {
namespace {

using radius::Attribute;
using radius::Type;

constexpr std::size_t kHalfOfMsk = kMskOctets / 2;
constexpr std::size_t kLeastHalf = 16;  // of MSCHAPv2
constexpr std::uint32_t kFramed = 2;    // Service-Type, RFC 2865 §5.6
constexpr std::uint32_t kVirtual = 5;   // NAS-Port-Type, RFC 2865 §5.41

Attribute number(Type type, std::uint32_t value) {
  Writer out;
  out.u32(value);
  return {type, std::move(out).take()};
}

Attribute text(Type type, std::string_view value) {
  return {type, to_octets(as_octets(value.substr(0, radius::kValueOctets)))};
}

/// What the server calls receiving comes first. The keys of MSCHAPv2 have 16 octets, and zeros behind both of them.
std::optional<Msk> msk_of(const radius::MppeKeys& keys) {
  for (const auto* key : {&keys.receive, &keys.send})
    if (key->size() < kLeastHalf || key->size() > kHalfOfMsk) return std::nullopt;
  Secret msk(kMskOctets);
  const auto behind = std::ranges::copy(keys.receive.reveal(), msk.reveal_mutable().begin()).out;
  std::ranges::copy(keys.send.reveal(), behind);
  return Msk(std::move(msk));
}

}  // namespace

Relay::Step Relay::start() {
  if (!identity_) return ServerStep{Send{encode_request(identifier_, Method::Identity, {})}};
  auto packet = encode_response(identifier_, Method::Identity, as_octets(*identity_));
  return on_identity(*identity_, std::move(packet));
}

Relay::Step Relay::on_response(OctetView octets) {
  auto packet = parse_packet(octets);
  if (!packet)
    return fail(Reason::malformed, "the peer sent what is no EAP packet: " + std::string(sentence(packet.error())));
  if (packet->code != Code::Response || packet->identifier != identifier_)
    return fail(Reason::out_of_place, "the peer sent what does not answer the last request");
  if (packet->type == Method::Identity && !server_)
    return on_identity(std::string(as_text(packet->data)), to_octets(octets));
  if (!server_) return fail(Reason::out_of_place, "the peer does not say who it is");
  return question(octets);
}

/// RFC 3579 §2.1: what the peer calls itself is the User-Name of all requests.
Relay::Step Relay::on_identity(std::string identity, Octets packet) {
  if (identity.empty() || identity.size() > radius::kValueOctets)
    return fail(Reason::identity_unknown,
                "a RADIUS server knows users by a name of 1 to 253 octets, and the peer's has " +
                    std::to_string(identity.size()) + " (RFC 2865 §5.1)");
  identity_ = std::move(identity);
  return question(packet);
}

radius::Question Relay::question(OctetView packet) const {
  radius::Question asked;
  asked.server = server_;
  auto& attributes = asked.attributes;
  attributes = {text(Type::User_Name, *identity_),
                number(Type::Service_Type, kFramed),
                number(Type::NAS_Port_Type, kVirtual),
                number(Type::NAS_Port, peer_.port),
                text(Type::NAS_Port_Id, peer_.connection),
                text(Type::Calling_Station_Id, peer_.peer.to_string()),
                text(Type::Called_Station_Id, peer_.local.to_string())};
  const auto& ours = peer_.local.address;
  attributes.push_back({ours.is_v4() ? Type::NAS_IP_Address : Type::NAS_IPv6_Address, to_octets(ours.octets())});
  // RFC 2865 §5.24: as it came.
  if (state_) attributes.push_back({Type::State, *state_});
  radius::add_in_parts(attributes, Type::EAP_Message, packet);
  return asked;
}

ServerStep Relay::on_outcome(radius::Outcome outcome) {
  if (auto* nobody = std::get_if<radius::Unanswered>(&outcome))
    return fail(Reason::not_available, std::move(nobody->sentence));
  const auto& answer = std::get<radius::Answer>(outcome);
  server_ = answer.server;
  switch (answer.code) {
    case radius::Code::Access_Challenge: return on_challenge(answer);
    case radius::Code::Access_Accept: return on_accept(answer);
    default: return on_reject(answer);
  }
}

ServerStep Relay::on_challenge(const radius::Answer& answer) {
  auto octets = radius::joined(answer.attributes, Type::EAP_Message);
  const auto packet = octets ? parse_packet(*octets) : failure(PacketError::shorter_than_header);
  if (!packet || packet->code != Code::Request)
    return fail(Reason::malformed, "the RADIUS server " + server_->to_string() +
                                       " asks the peer for something, and not by EAP (RFC 3579 §2.6.3)");
  if (++rounds_ > limits::kEapRounds)
    return fail(Reason::too_many_rounds, "the RADIUS server " + server_->to_string() + " comes to no end after " +
                                             std::to_string(limits::kEapRounds) + " requests");
  const auto* state = radius::find(answer.attributes, Type::State);
  state_ = state != nullptr ? std::optional(state->value) : std::nullopt;
  identifier_ = packet->identifier;
  if (authenticates(packet->type)) method_ = packet->type;
  return Send{std::move(*octets)};
}

ServerStep Relay::on_accept(const radius::Answer& answer) {
  const auto who = "the RADIUS server " + server_->to_string();
  auto octets = radius::joined(answer.attributes, Type::EAP_Message);
  const auto packet = octets ? parse_packet(*octets) : failure(PacketError::shorter_than_header);
  // RFC 3579 §2.6.3: what it tells us and what it tells the peer have to be the same.
  if (octets && (!packet || packet->code != Code::Success))
    return fail(Reason::malformed, who + " accepts the peer, and does not tell it so by EAP (RFC 3579 §2.6.3)");
  if (method_ == Method::Identity)
    return fail(Reason::peer_not_authenticated, who + " accepts the peer without having asked it for a proof by EAP");
  ServerSucceeded succeeded{
      octets ? std::move(*octets) : encode_result(Code::Success, identifier_), {}, *identity_, method_};
  auto msk = answer.keys ? msk_of(*answer.keys) : std::nullopt;
  if (!msk && makes_key(method_))
    return fail(Reason::not_available, who + " sends no key of " + method_name(method_) +
                                           ": let it send MS-MPPE-Recv-Key and MS-MPPE-Send-Key (RFC 3579 §3.3)");
  succeeded.msk = std::move(msk);
  // RFC 2865 §5.1: whom it has let in, where it says so.
  if (const auto* name = radius::find(answer.attributes, Type::User_Name); name != nullptr && !name->value.empty())
    succeeded.identity = std::string(as_text(name->value));
  return succeeded;
}

ServerStep Relay::on_reject(const radius::Answer& answer) {
  const auto said = radius::joined(answer.attributes, Type::Reply_Message);
  auto failed = std::get<ServerFailed>(
      fail(Reason::peer_not_authenticated,
           "the RADIUS server " + server_->to_string() + " rejects '" + shown(identity_.value_or("")) + "'" +
               (said ? ": '" + shown(as_text(*said)) + "'" : std::string()) + "; its log says why"));
  const auto octets = radius::joined(answer.attributes, Type::EAP_Message);
  const auto packet = octets ? parse_packet(*octets) : failure(PacketError::shorter_than_header);
  if (packet && packet->code == Code::Failure) failed.packet = *octets;
  return failed;
}

ServerStep Relay::fail(Reason reason, std::string sentence) const {
  return ServerFailed{encode_result(Code::Failure, identifier_), {reason, method_, std::move(sentence)}};
}

}  // namespace keypact::eap
