// Products that are known by what they offer as they are installed, and what makes each of them meet our defaults. RFC 7296 §2.7
// tells a responder that nothing fits, never why; who reads "no proposal chosen" wants the line to type.
#pragma once

#include <optional>
#include <string_view>

#include "ike/core/refusal.h"

namespace keypact::diagnose {

/// In both texts "{c}" stands for the connection's name.
struct KnownPeer {
  std::string_view offers;  ///< "it offers what Windows offers as installed"
  std::string_view remedy;  ///< what to type, at the peer first
};

/// Whose offer we refused; nothing when it is nobody's that is known, and not weak either.
[[nodiscard]] std::optional<KnownPeer> known_peer(const ike::Refusal& refusal);

}  // namespace keypact::diagnose
