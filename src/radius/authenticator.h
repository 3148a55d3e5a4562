// What RADIUS packets are signed with, and what is hidden in them, by the secret that a server and its client share:
// Response Authenticator (RFC 2865 §3), Message-Authenticator (RFC 3579 §3.2), MS-MPPE-Send-Key and -Recv-Key (RFC 2548).
#pragma once

#include "base/secret.h"
#include "radius/packet.h"

namespace keypact::radius {

/// `packet` has no Message-Authenticator: it goes before all other attributes, so that nothing of the packet is open to who
/// looks for collisions of MD5 (CVE-2024-3596). Nothing where it would have more than kPacketOctets.
[[nodiscard]] std::optional<Octets> sign_access_request(Packet packet, OctetView secret);

enum class AnswerError : std::uint8_t {
  message_authenticator_missing,
  message_authenticator_twice,
  message_authenticator_malformed,
  message_authenticator_wrong,
  response_authenticator_wrong,
};
[[nodiscard]] std::string_view sentence(AnswerError error);

/// Whether who knows the secret made this for that request. The Message-Authenticator has to be there, once and anywhere: it covers
/// the whole packet by HMAC. Servers that have not been changed since CVE-2024-3596 put it last.
[[nodiscard]] Result<void, AnswerError> verify_answer(const Packet& answer, const Authenticator& request,
                                                      OctetView secret);

/// The keys of RFC 2548, deciphered; nothing where there is none, or none that is well-formed.
struct MppeKeys {
  Secret send;
  Secret receive;
};
[[nodiscard]] std::optional<MppeKeys> mppe_keys(const std::vector<Attribute>& attributes, const Authenticator& request,
                                                OctetView secret);
/// One of them: salt and ciphertext.
[[nodiscard]] std::optional<Secret> decipher_key(OctetView salt_and_text, const Authenticator& request,
                                                 OctetView secret);

}  // namespace keypact::radius
