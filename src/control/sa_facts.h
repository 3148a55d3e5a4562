// What control tells about an IKE SA.
#pragma once

#include "ike/engine/engine.h"

namespace keypact::control {

struct IkeFacts {
  IkeSaId id;
  std::string connection;  ///< empty while a responder does not know whom it talks to
  ike::v2::IkeSaRecord record;
  std::string state;     ///< charon's words: CONNECTING, ESTABLISHED, REKEYING, REKEYED, DELETING
  std::string local_id;  ///< empty until authentication
  std::string peer_id;
  std::string peer_eap_id;  ///< whom EAP has proven, where that is another name
  Proposal proposal;        ///< without transforms until IKE_SA_INIT is over
  std::optional<Instant> established;
  ike::v2::Lifetime lifetime;
};

/// The connection it serves or is to serve; empty while a responder does not know, and when it is over.
[[nodiscard]] std::string_view connection_of(const ike::v2::IkeSa& sa);
/// Nothing for an IKE SA that is over.
[[nodiscard]] std::optional<IkeFacts> facts_of(const ike::v2::IkeSa& sa);

}  // namespace keypact::control
