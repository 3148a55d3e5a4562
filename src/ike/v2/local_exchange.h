// What we may ask of the peer of an established IKE SA, and the waiting points of the one exchange that runs.
// RFC 7296 §1.3.1, §1.4, §1.4.1, §2.4.
#pragma once

#include "ike/v2/child_negotiation.h"

namespace keypact::ike::v2 {

struct CreateChildRequest {
  std::string child;
  ControlId request;
};
struct DeleteChildRequest {
  ChildSaId child;
  ControlId request;
};
struct DeleteIkeRequest {
  ControlId request;
};
struct LivenessRequest {};
using LocalRequest = std::variant<CreateChildRequest, DeleteChildRequest, DeleteIkeRequest, LivenessRequest>;

/// The key pair for a Child SA with its own key exchange is being made.
struct CreateChildKeyPair {
  ChildOffer offer;
  ControlId waiter;
  KeyExchangeMethod method{};
  JobId job;
};
/// HDR, SK {SA, Ni, [KEi,] TSi, TSr} went out.
struct CreateChildSent {
  ChildOffer offer;
  ControlId waiter;
  KeyExchangeMethod method{};
  Octets nonce;
  std::optional<crypto::KeyExchangeState> key_pair;
  std::vector<EspSpi> deleted;  ///< by the peer, whose Delete may overtake its answer that names the SPI
};
/// The response is here; its shared secret is being computed.
struct CreateChildSecret {
  AgreedChild agreed;
  ControlId waiter;
  Octets nonce;
  Octets peer_nonce;
  JobId job;
};
/// HDR, SK {D} for one Child SA went out.
struct DeletingChild {
  ChildSaId child;
  ControlId waiter;
};
/// HDR, SK {D} for the IKE SA went out.
struct DeletingIke {
  ControlId waiter;
};
/// HDR, SK {} went out.
struct CheckingLiveness {};

using LocalExchange = std::variant<std::monostate, CreateChildKeyPair, CreateChildSent, CreateChildSecret,
                                   DeletingChild, DeletingIke, CheckingLiveness>;

}  // namespace keypact::ike::v2
