// What the two ends of a Child SA agree on, the same in IKE_AUTH and CREATE_CHILD_SA: proposal, SPIs, selectors.
// RFC 7296 §1.2, §1.3.1, §2.7, §2.9. Keys and installation follow elsewhere.
#pragma once

#include "ike/core/context.h"
#include "ike/v2/child_sa.h"
#include "ike/v2/ike_sa_record.h"
#include "ike/v2/keys.h"
#include "ike/v2/narrowing.h"
#include "ike/v2/proposal_choice.h"

namespace keypact::ike::v2 {

using ConnectionPtr = std::shared_ptr<const config::Connection>;

/// One child of a connection, as both were configured when the negotiation began: a new configuration does not change it.
class ConfiguredChild {
 public:
  /// `child` is one of the connection's.
  ConfiguredChild(ConnectionPtr connection, const config::ChildConfig& child)
      : connection_(std::move(connection)), child_(&child) {}
  [[nodiscard]] const config::Connection& connection() const { return *connection_; }
  const config::ChildConfig& operator*() const { return *child_; }
  const config::ChildConfig* operator->() const { return child_; }

 private:
  ConnectionPtr connection_;
  const config::ChildConfig* child_;
};

/// Our side of a Child SA that we propose.
struct ChildOffer {
  ConfiguredChild child;
  EspSpi inbound_spi;
  std::vector<Proposal> proposals;
  Selectors local;
  Selectors remote;
  KeyExchangeUse key_exchange_use{};
  Mode mode{};             ///< asked for, the responder may choose tunnel mode
  std::optional<Cpi> cpi;  ///< where we compress if the responder does
  Selectors own{};         ///< what is left of `local` once the gateway has given us our address; empty: all of it

  /// The peer gave us our addresses in the same message.
  void cut_local_to(const IkeSaRecord& record);
};

/// A Child SA that both ends want, without keys.
struct AgreedChild {
  ConfiguredChild child;
  EspSpi inbound_spi;
  EspSpi outbound_spi;
  std::uint8_t proposal_number = 0;
  Proposal proposal;
  NarrowedSelectors selectors;
  Mode mode{};
  bool peer_takes_padding = true;  ///< TFC padding (RFC 7296 §1.3.1)
  std::optional<CpiPair> compression;

  [[nodiscard]] SaName outbound() const { return {proposal.protocol, outbound_spi}; }
};

/// What a message says of a Child SA; other payloads may stand in between (RFC 7296 §1.2, §1.3.1).
struct ChildPayloads {
  std::vector<wire::Payload> notifies;  ///< first
  wire::Payload sa;
  std::vector<wire::Payload> selectors;  ///< TSi, TSr

  /// In order, with `between` behind the SA payload.
  [[nodiscard]] std::vector<wire::Payload> with(std::vector<wire::Payload> between) &&;
};

/// Why there is no Child SA, and the notify that tells the peer.
struct ChildRefusal {
  Refusal refusal;
  wire::Payload notify;
};

/// With a fresh inbound SPI, which its owner releases again unless the Child SA is installed. Refused where none is left, or where
/// nothing of what the child asks for can be had on this path.
[[nodiscard]] Result<ChildOffer, Refusal> make_child_offer(Context& context, const IkeSaRecord& record,
                                                           ConfiguredChild child, KeyExchangeUse key_exchange_use);

/// As the initiator of the exchange sends them.
[[nodiscard]] ChildPayloads offer_payloads(const ChildOffer& offer);

/// The responder's answer to our offer. `payloads` is the whole response.
[[nodiscard]] Result<AgreedChild, Refusal> accept_child_answer(const IkeSaRecord& record, const ChildOffer& offer,
                                                               const PayloadSet& payloads, ExchangeType exchange);

/// Our answer to a peer's offer: the best of the connection's children, or the named one for a rekeying. Allocates the inbound
/// SPI.
[[nodiscard]] Result<AgreedChild, ChildRefusal> answer_child_offer(Context& context, const IkeSaRecord& record,
                                                                   const ConnectionPtr& connection,
                                                                   const PayloadSet& payloads, ExchangeType exchange,
                                                                   std::string_view only_child = {});

/// Of our answer; TSi is the peer's side.
[[nodiscard]] ChildPayloads answer_payloads(const AgreedChild& agreed);

/// RFC 7296 §3.11: a Delete payload for each protocol among them.
[[nodiscard]] std::vector<wire::Payload> deletions_of(const std::vector<SaName>& names);

/// The pair of SAs for the IPsec stack. `local_keys` protect what we send.
[[nodiscard]] ipsec::ChildSa child_sa_for(const IkeSaRecord& record, const AgreedChild& agreed, ChildSaId id,
                                          PolicyId policy, PacketKeys local_keys, PacketKeys peer_keys);

}  // namespace keypact::ike::v2
