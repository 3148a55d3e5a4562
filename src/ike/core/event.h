// Events: what the engine tells everybody who listens (log, control, diagnosis). They carry values, never keys, except
// KeysDerived, which is only made when key export was asked for at start.
#pragma once

#include <variant>

#include "base/id.h"
#include "base/instant.h"
#include "ike/core/configuration_payload.h"
#include "ike/core/datagram.h"
#include "ike/core/nat_situation.h"
#include "ike/core/refusal.h"
#include "leases/lease.h"
#include "proto/packet_keys.h"
#include "proto/spi.h"

namespace keypact::ike {

/// A message went out or came in and was understood; only made while somebody traces.
struct MessageTraced {
  IkeSaId ike_sa;  ///< 0 where no IKE SA exists (a stateless answer)
  bool sent = false;
  ExchangeType exchange{};
  bool response = false;
  std::uint32_t message_id = 0;
  unsigned retransmission = 0;  ///< 0: the first transmission
  std::size_t octets = 0;
  std::string notation;  ///< "HDR, SK {IDi, AUTH, SA, TSi, TSr}"
};
struct IkeSaEstablished {
  IkeSaId ike_sa;
  NatSituation nat{};
  bool udp_encapsulation = false;  ///< ESP goes into UDP
};
/// The IKE SA and its Child SAs have other endpoints from now on.
struct IkeSaMoved {
  IkeSaId ike_sa;
  Path from;
  Path to;
};
/// The IKE SA is gone, established or not; the refusal says why.
struct IkeSaClosed {
  IkeSaId ike_sa;
  std::string connection;
  bool was_established = false;
  Refusal reason;
};
struct ChildSaUp {
  IkeSaId ike_sa;
  ChildSaId child_sa;
};
/// Sent while the views of both SAs can still be read.
struct ChildSaDown {
  IkeSaId ike_sa;
  ChildSaId child_sa;
};
/// The IKE SA goes on as another one, with its Child SAs; it is no longer spoken of.
struct IkeSaRekeyed {
  IkeSaId old;
  IkeSaId fresh;
};
/// A Child SA took another one's place; the old one is no longer spoken of.
struct ChildSaRekeyed {
  IkeSaId ike_sa;
  ChildSaId old;
  ChildSaId fresh;
};
/// Something was refused that does not end the IKE SA, or a peer was refused before there was one.
struct Refused {
  IkeSaId ike_sa;
  Endpoint peer;
  std::string connection;
  Refusal refusal;
};
/// The outcome of a control request.
struct RequestDone {
  ControlId request;
  IkeSaId ike_sa;
  ChildSaId child_sa;
  std::optional<Refusal> refusal;  ///< nothing: it worked
};
/// For key tables of a packet analyser.
struct IkeKeysDerived {
  IkeSpi initiator_spi;
  IkeSpi responder_spi;
  PacketKeys initiator;  ///< SK_ei, SK_ai
  PacketKeys responder;  ///< SK_er, SK_ar
};
struct ChildKeysDerived {
  Endpoint source;
  Endpoint destination;
  EspSpi spi;
  PacketKeys keys;
};

/// What we keep up is to be begun, and the peer is configured by a name: Initiate with this id says where it is now. What is not found
/// may be where it was.
struct AddressWanted {
  ControlId request;
  std::string connection;
  std::string child;
  std::optional<IpAddress> last_local;
  std::optional<IpAddress> last_remote;
};

/// As client: what the gateway told us to use while this IKE SA, or one that takes its place, is there.
struct ClientConfigured {
  IkeSaId ike_sa;
  std::string connection;
  ClientConfiguration configuration;
};
/// As gateway: the client's addresses.
struct AddressesLeased {
  IkeSaId ike_sa;
  Identification client;
  std::vector<leases::Lease> leases;
};

using Event = std::variant<MessageTraced, IkeSaEstablished, IkeSaMoved, IkeSaClosed, ChildSaUp, ChildSaDown,
                           IkeSaRekeyed, ChildSaRekeyed, Refused, RequestDone, IkeKeysDerived, ChildKeysDerived,
                           ClientConfigured, AddressesLeased, AddressWanted>;

}  // namespace keypact::ike
