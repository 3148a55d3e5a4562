// Jobs: work that leaves the engine as a value, because it is slow or happens elsewhere, and comes back as JobDone.
#pragma once

#include <variant>

#include "base/id.h"
#include "config/snapshot.h"
#include "crypto/key_exchange.h"
#include "eap/client.h"
#include "eap/relay.h"
#include "ike/core/datagram.h"
#include "leases/lease.h"
#include "pki/own_status.h"
#include "pki/peer_authentication.h"

namespace keypact::ike {

/// Whose work goes first when there is a queue: established SAs, then IKE_AUTH, then IKE_SA_INIT.
enum class JobClass : std::uint8_t { established, auth, sa_init };

struct BeginKeyExchange {
  KeyExchangeMethod method{};
};
struct RespondKeyExchange {
  KeyExchangeMethod method{};
  Octets initiator_value;
};
struct FinishKeyExchange {
  crypto::KeyExchangeState state;
  Octets responder_value;
};

/// Our signature in an AUTH payload.
struct SignAuth {
  Octets key;  ///< SHA-1 of SubjectPublicKeyInfo: whoever holds the private keys knows them by it
  const pki::SignatureScheme* scheme = nullptr;
  Octets octets;  ///< what is signed (RFC 7296 §2.15)
  /// What an OCSP responder says of our certificate is wanted along with it, where it can be had; null: it is not.
  std::shared_ptr<const pki::OwnStatusQuestion> status{};
};
/// The peer's AUTH payload and the certificates that came with it.
struct VerifyPeer {
  std::unique_ptr<const pki::PeerClaim> claim;  ///< never null
  std::shared_ptr<const pki::PeerRules> rules;
};

/// An address for a client that is authenticated.
struct LeaseAddresses {
  std::unique_ptr<const leases::LeaseWish> wish;  ///< never null
};
/// They are not in use any more. Nobody waits for its outcome.
struct ReleaseAddresses {
  std::vector<leases::Lease> leases;
};

/// EAP with a peer as far as it has come: with us, or past us with a RADIUS server. Neither: it begins.
struct EapConversation {
  std::unique_ptr<eap::Server> server;
  std::unique_ptr<eap::Relay> relay;
};
/// One step of EAP as the server: the conversation goes along, and comes back with the outcome. RFC 7296 §2.16. Where a RADIUS server
/// is to be asked (AuthRound::by_radius), whoever knows its network does it.
struct EapServerStep {
  EapConversation conversation;
  Octets packet;                                         ///< of the peer; empty when it begins
  std::shared_ptr<const config::Connection> connection;  ///< what is offered, and our certificate
  std::shared_ptr<const config::Snapshot> secrets;
  Identification claimed;  ///< IDi
  std::size_t round = 0;   ///< of the peer: which one of `remote` this is
  IkeSaId sa{};
  Path path{};
};
/// As the peer.
struct EapClientStep {
  std::unique_ptr<eap::Client> conversation;  ///< nullptr: it begins
  Octets packet;
  std::shared_ptr<const config::Connection> connection;
  std::shared_ptr<const config::Snapshot> secrets;
  Identification claimed;  ///< IDi
  std::size_t round = 0;   ///< of ours: which one of `local` this is
};

struct Job {
  JobId id;
  JobClass job_class{};
  std::variant<BeginKeyExchange, RespondKeyExchange, FinishKeyExchange, SignAuth, VerifyPeer, LeaseAddresses,
               ReleaseAddresses, EapServerStep, EapClientStep>
      work;
};

struct Signed {
  Octets signature;  ///< without AlgorithmIdentifier
  /// Where it was wanted and could be had; null: it was not.
  std::shared_ptr<const Octets> ocsp_response{};
};
/// No private key of ours goes with that public key any more.
struct KeyGone {};

/// At most one for each address that was wished for. Whoever gets this gives them back.
struct Leased {
  std::vector<leases::Lease> leases;
};
struct Released {};
struct EapServerStepped {
  EapConversation conversation;
  std::unique_ptr<eap::ServerStep> step;  ///< never null
};
struct EapClientStepped {
  std::unique_ptr<eap::Client> conversation;
  std::unique_ptr<eap::ClientStep> step;  ///< never null
};

struct JobDone {
  JobId id;
  /// Begun and Responded answer the work of their name, Secret is the shared secret of FinishKeyExchange.
  std::variant<crypto::Begun, crypto::Responded, Secret, crypto::KeyExchangeError, Signed, KeyGone, pki::SignatureError,
               pki::AuthenticatedPeer, pki::Refusal, Leased, Released, EapServerStepped, EapClientStepped>
      result;
};

}  // namespace keypact::ike
