// MS-CHAP-V2: the computations and the packets of EAP-MSCHAPv2. RFC 2759, RFC 3079 §3, draft-kamath-pppext-eap-mschapv2.
#pragma once

#include <array>
#include <optional>
#include <variant>

#include "eap/credentials.h"

namespace keypact::eap::mschapv2 {

using Challenge = std::array<std::uint8_t, 16>;
using NtResponse = std::array<std::uint8_t, 24>;
using AuthenticatorResponse = std::array<std::uint8_t, 20>;

/// NtPasswordHash (RFC 2759 §8.3) of the password in UTF-8, or the hash that is configured. Nothing when it is no UTF-8, or no
/// hash of 16 octets. Only where has_legacy_algorithms().
[[nodiscard]] std::optional<Secret> password_hash(const Password& password);

/// The user's name without "DOMAIN\" in front, which is not hashed (RFC 2759 §4).
[[nodiscard]] std::string_view without_domain(std::string_view name);

struct Exchange {
  Challenge authenticator_challenge{};
  Challenge peer_challenge{};
  std::string user;  ///< without domain
};

[[nodiscard]] NtResponse nt_response(const Secret& password_hash, const Exchange& exchange);
[[nodiscard]] AuthenticatorResponse authenticator_response(const Secret& password_hash, const NtResponse& response,
                                                           const Exchange& exchange);
/// The server's receive key and its send key of MPPE with 128 bits, then zeros: what Windows and strongSwan make of them.
[[nodiscard]] Msk msk(const Secret& password_hash, const NtResponse& response);
/// One of the two (RFC 3079 §3.4): GetAsymmetricStartKey for 128 bits.
[[nodiscard]] Secret start_key(const Secret& password_hash, const NtResponse& response, bool client_sends);

// The packets, each with the octet MS-CHAPv2-ID of its exchange.
struct ChallengePacket {
  std::uint8_t id = 0;
  Challenge challenge{};
  std::string name;
};
struct ResponsePacket {
  std::uint8_t id = 0;
  Challenge peer_challenge{};
  NtResponse response{};
  std::string name;
};
struct SuccessPacket {
  std::uint8_t id = 0;
  std::string message;  ///< "S=<40 hexadecimal digits> M=<text>"
};
struct FailurePacket {
  std::uint8_t id = 0;
  std::string message;  ///< "E=691 R=0 C=<32 hexadecimal digits> V=3 M=<text>"
};
struct SuccessAcknowledged {};
struct FailureAcknowledged {};

using RequestPacket = std::variant<ChallengePacket, SuccessPacket, FailurePacket>;
using AnswerPacket = std::variant<ResponsePacket, SuccessAcknowledged, FailureAcknowledged>;

/// Nothing when it is malformed or has an opcode of the other direction.
[[nodiscard]] std::optional<RequestPacket> parse_request(OctetView data);
[[nodiscard]] std::optional<AnswerPacket> parse_answer(OctetView data);
[[nodiscard]] Octets encode(const RequestPacket& packet);
[[nodiscard]] Octets encode(const AnswerPacket& packet);

/// The "S=" of a SuccessPacket; nothing when there is none of 40 digits.
[[nodiscard]] std::optional<AuthenticatorResponse> parse_success(std::string_view message);
[[nodiscard]] std::string success_message(const AuthenticatorResponse& response);
/// What the error code of a FailurePacket says (RFC 2759 §6).
[[nodiscard]] std::string failure_sentence(std::string_view message);

}  // namespace keypact::eap::mschapv2
