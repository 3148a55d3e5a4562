#include "eap/md5.h"

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "eap/digest.h"

namespace keypact::eap {
namespace {

Refusal refusal(Reason reason, std::string sentence) { return {reason, Method::MD5, std::move(sentence)}; }

struct ValueAndName {
  OctetView value;
  OctetView name;
};

std::optional<ValueAndName> parse(OctetView data) {
  Reader in(data);
  const auto size = in.u8();
  if (!size) return std::nullopt;
  const auto value = in.octets(*size);
  if (!value || in.remaining() > limits::kEapIdentityOctets) return std::nullopt;
  return ValueAndName{*value, in.rest()};
}

Octets encode(OctetView value, std::string_view name) {
  Writer out;
  out.length_prefixed(1, 0, [&](Writer& body) { body.octets(value); });
  out.text(name);
  return std::move(out).take();
}

}  // namespace

Md5Digest md5_response(std::uint8_t identifier, OctetView password, OctetView challenge) {
  return md5({OctetView(&identifier, 1), password, challenge});
}

ServerMethodStep Md5Server::begin(std::uint8_t identifier, const ServerSurroundings& surroundings) {
  identifier_ = identifier;
  surroundings.random.fill(challenge_);
  return Ask{encode(challenge_, name_)};
}

ServerMethodStep Md5Server::on_response(OctetView data, std::uint8_t /*next_identifier*/,
                                        const ServerSurroundings& surroundings) {
  const auto response = parse(data);
  if (!response)
    return refusal(
        Reason::malformed,
        "the peer's response is shorter than its size field says, or names a peer of more octets than we take");
  const std::string identity(identity_.empty() ? as_text(response->name) : std::string_view(identity_));
  const auto password = surroundings.secrets.find(Method::MD5, identity);
  if (!password || password->is_nt_hash)
    return refusal(Reason::identity_unknown, "no password is configured for '" + shown(identity) + "'");
  const auto wanted = md5_response(identifier_, password->octets.reveal(), challenge_);
  if (!secret_equal(wanted, response->value))
    return refusal(Reason::peer_not_authenticated, "the password of '" + shown(identity) + "' is wrong");
  return MethodSucceeded{{}, identity};
}

Result<Octets, Refusal> Md5Client::on_request(OctetView data, std::uint8_t identifier,
                                              const ClientSurroundings& /*surroundings*/) {
  const auto challenge = parse(data);
  if (!challenge || challenge->value.empty())
    return failure(refusal(Reason::malformed, "the server's challenge is shorter than its size field says"));
  if (answered_) return failure(refusal(Reason::out_of_place, "the server sent a second challenge"));
  if (config_->password.is_nt_hash)
    return failure(
        refusal(Reason::not_available, "EAP-MD5 needs the password itself, and only its NT hash is configured"));
  answered_ = true;
  return encode(md5_response(identifier, config_->password.octets.reveal(), challenge->value), config_->identity);
}

Result<std::optional<Msk>, Refusal> Md5Client::on_success(const ClientSurroundings& /*surroundings*/) {
  return std::optional<Msk>();
}

Refusal Md5Client::on_failure() const {
  return refusal(Reason::refused_by_peer, "the server refused the password of '" + shown(config_->identity) + "'");
}

}  // namespace keypact::eap
