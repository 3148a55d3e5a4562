// Messages in the notation of RFC 7296 §1.2: "HDR, SK {IDi, AUTH, SAi2, TSi, TSr, N(INITIAL_CONTACT)}". Total: any value that
// can be built can be printed, in bounded space.
#pragma once

#include <string>

#include "wire/message.h"

namespace keypact::wire {

/// "SA, KE, Nonce, N(NAT_DETECTION_SOURCE_IP)": at most a few hundred characters, then "...".
[[nodiscard]] std::string notation(const std::vector<Payload>& payloads);
/// "HDR, SAi1, KEi, Ni", or with `inner` "HDR, SK {IDi, AUTH}".
[[nodiscard]] std::string notation(const Message& message, const std::vector<Payload>* inner = nullptr);

/// Several lines with the values of each payload (proposals, selectors, identities, notify data); no key, no AUTH data.
[[nodiscard]] std::string details(const std::vector<Payload>& payloads);

}  // namespace keypact::wire
