// What we may ask of the peer of an established IKE SA, and the waiting points of the one exchange that runs.
// RFC 7296 §1.3, §1.4, §2.4.
#pragma once

#include "ike/v2/child_negotiation.h"
#include "ike/v2/ike_negotiation.h"
#include "ike/v2/key_exchange_series.h"

namespace keypact::ike::v2 {

struct CreateChildRequest {
  std::string child;
  ControlId request;
};
struct RekeyChildRequest {
  ChildSaId child;
  ControlId request;
};
struct DeleteChildRequest {
  ChildSaId child;
  ControlId request;
};
struct RekeyIkeRequest {
  ControlId request;
};
struct DeleteIkeRequest {
  ControlId request;
};
struct LivenessRequest {};
/// RFC 4555 §3.5: the SAs are to use the addresses that the IKE SA uses now.
struct UpdateAddressesRequest {};
/// RFC 4555 §3.6.
struct TellAddressesRequest {};
/// RFC 4555 §3.7: is the peer where it says that it is?
struct ProveAddressRequest {};
/// ESP of the peer belongs to no SA. RFC 7296 §1.5.
struct ReportSpiRequest {
  EspSpi spi;
};
/// The peer holds a Child SA that we do not take: it is to let go. By what we named for it.
struct ForgoChildRequest {
  std::vector<SaName> inbound;
};
/// The peer is to go to another gateway. RFC 5685 §5.
struct RedirectRequest {
  Identification gateway;
  ControlId request;
};
using LocalRequest = std::variant<CreateChildRequest, RekeyChildRequest, DeleteChildRequest, RekeyIkeRequest,
                                  DeleteIkeRequest, LivenessRequest, UpdateAddressesRequest, TellAddressesRequest,
                                  ProveAddressRequest, ReportSpiRequest, ForgoChildRequest, RedirectRequest>;

/// A request that waits for its turn, and for its time when it failed before.
struct QueuedRequest {
  LocalRequest request;
  unsigned failures = 0;
  std::optional<Instant> not_before;  ///< until that time has come
};

/// Why a Child SA is created.
struct ChildPurpose {
  ControlId waiter;
  std::optional<ChildSaId> replaces;  ///< RFC 7296 §2.8: it takes the place of this one
  unsigned failures = 0;              ///< attempts that the peer put off
};

/// What both ends agreed on has no keys yet: a job computes, or an IKE_FOLLOWUP_KE request is out. RFC 9370 §2.2.4.
struct KeyExchangesToDo {
  KeyExchangeSeries series;
  Octets link{};  ///< the peer's, for the next IKE_FOLLOWUP_KE request; empty: there is none to come
  std::optional<crypto::KeyExchangeState> key_pair{};  ///< of the request that is out
};

/// The key pair for a Child SA with its own key exchange is being made.
struct CreateChildKeyPair {
  ChildOffer offer;
  ChildPurpose purpose;
  KeyExchangeMethod method{};
  JobId job;
};
/// HDR, SK {[N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr} went out.
struct CreateChildSent {
  ChildOffer offer;
  ChildPurpose purpose;
  KeyExchangeMethod method{};
  Octets nonce;
  std::optional<crypto::KeyExchangeState> key_pair;
  std::vector<SaName> deleted;  ///< by the peer, whose Delete may overtake its answer that names the SPI
};
/// The response is here; the key exchanges are done one after the other.
struct CreateChildAgreed {
  AgreedChild agreed;
  ChildPurpose purpose;
  Octets nonce;
  Octets peer_nonce;
  KeyExchangesToDo key_exchanges;
  JobId job;  ///< 0: an IKE_FOLLOWUP_KE request is out
};
/// HDR, SK {D} for one Child SA went out.
struct DeletingChild {
  ChildSaId child;
  ControlId waiter;
};

/// Why an IKE SA is replaced.
struct IkeRekeyPurpose {
  ControlId waiter;
  unsigned failures = 0;
};
/// The key pair for the new IKE SA is being made.
struct RekeyIkeKeyPair {
  IkeRekeyPurpose purpose;
  KeyExchangeMethod method{};
  JobId job;
};
/// HDR, SK {SA, Ni, KEi} went out.
struct RekeyIkeSent {
  IkeRekeyPurpose purpose;
  IkeSpi spi;
  KeyExchangeMethod method{};
  Octets nonce;
  crypto::KeyExchangeState key_pair;
};
/// The response is here; the key exchanges are done one after the other.
struct RekeyIkeAgreed {
  IkeRekeyPurpose purpose;
  AgreedIke agreed;
  KeyExchangesToDo key_exchanges;
  JobId job;  ///< 0: an IKE_FOLLOWUP_KE request is out
};
/// HDR, SK {D} for the IKE SA went out.
struct DeletingIke {
  ControlId waiter;
};
/// HDR, SK {} went out.
struct CheckingLiveness {};
/// HDR, SK {N(UPDATE_SA_ADDRESSES), ..., N(COOKIE2)} went out.
struct UpdatingAddresses {
  Path path;
  Octets cookie;
  unsigned failures = 0;  ///< updates before that met a NAT
};
/// HDR, SK {N(ADDITIONAL_*_ADDRESS)+} went out.
struct TellingAddresses {};
/// HDR, SK {N(COOKIE2)} went out.
struct ProvingAddress {
  Path path;
  Octets cookie;
};
/// HDR, SK {N} went out, whose answer says nothing.
struct Telling {
  ControlId waiter;
};

using LocalExchange = std::variant<std::monostate, CreateChildKeyPair, CreateChildSent, CreateChildAgreed,
                                   DeletingChild, RekeyIkeKeyPair, RekeyIkeSent, RekeyIkeAgreed, DeletingIke,
                                   CheckingLiveness, UpdatingAddresses, TellingAddresses, ProvingAddress, Telling>;

/// Whoever asked for it and waits for its outcome; 0: nobody.
[[nodiscard]] ControlId waiter_of(const LocalRequest& request);
[[nodiscard]] ControlId waiter_of(const LocalExchange& exchange);

/// Whoever wants something to go has what he wants when all goes.
[[nodiscard]] bool is_deletion(const LocalRequest& request);
[[nodiscard]] bool is_deletion(const LocalExchange& exchange);

/// The Child SA that the exchange is creating; nothing: it is another exchange.
[[nodiscard]] const ChildPurpose* child_purpose(const LocalExchange& exchange);
[[nodiscard]] bool is_rekeying_ike(const LocalExchange& exchange);
/// The exchange whose response is awaited; nothing: none is, or that of one that was forgone.
[[nodiscard]] std::optional<ExchangeType> exchange_type_of(const LocalExchange& exchange);
/// What the peer agreed to has additional key exchanges.
[[nodiscard]] bool has_follow_ups(const LocalExchange& exchange);
/// The inbound SPI that nobody needs when the exchange comes to nothing.
[[nodiscard]] std::optional<EspSpi> unused_spi_of(const LocalExchange& exchange);

}  // namespace keypact::ike::v2
