// For tests: a RADIUS server's answers.
#pragma once

#include "radius/packet.h"

namespace keypact::radius {

inline constexpr std::string_view kTestSecret = "xyzzy5461";

/// Fills in the Message-Authenticators that are there, then the Response Authenticator.
[[nodiscard]] Octets sign_answer(Packet answer, const Authenticator& request, std::string_view secret = kTestSecret);

inline Attribute empty_message_authenticator() { return {Type::Message_Authenticator, Octets(16, std::uint8_t{0})}; }

}  // namespace keypact::radius
