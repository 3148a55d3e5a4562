// The initiator's waiting points until the IKE SA is established, each with what is known by then. RFC 7296 §1.2.
#pragma once

#include "ike/v2/authentication_rounds.h"
#include "ike/v2/child_negotiation.h"
#include "ike/v2/eap_auth.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/message_window.h"
#include "ike/v2/public_key_auth.h"
#include "ike/v2/secure_channel.h"

namespace keypact::ike::v2 {

/// What an operator (or a trap) wanted when this IKE SA was begun.
struct Intent {
  ConnectionPtr connection;
  std::string child;             ///< empty: the IKE SA's first child
  ControlId request;             ///< 0: nobody waits
  bool initial_contact = false;  ///< we hold no other IKE SA with this peer
  IkeSaId reauthenticates;       ///< it takes this one's place; 0: none
  bool childless = false;        ///< only the IKE SA (RFC 6023)
  unsigned tries = 0;            ///< made before in vain
  unsigned most_tries = 1;       ///< 0: any number
  Redirections redirections;
  /// Whoever wanted it does not any more, but the peer may have an IKE SA of it already: what comes of it is deleted.
  bool called_off = false;
};

/// One try of IKE_SA_INIT; COOKIE and INVALID_KE_PAYLOAD lead to the next one.
struct SaInitTry {
  Octets nonce;
  KeyExchangeMethod method{};
  Octets cookie;
  unsigned restarts = 0;
  bool offers_ppk = false;  ///< USE_PPK (RFC 8784) and USE_PPK_INT (RFC 9867)
};

/// The key pair for our KE payload is being made.
struct AwaitKeyPair {
  Intent intent;
  SaInitTry attempt;
  JobId job;
};

/// HDR, SAi1, KEi, Ni went out.
struct AwaitSaInit {
  Intent intent;
  SaInitTry attempt;
  crypto::KeyExchangeState key_pair;
  Octets public_value;
  Octets request;
  Retransmission retransmission;
  /// An error that came in clear: anybody could have sent it, so it ends the attempt only when nothing better comes
  /// (RFC 7296 §2.21.1).
  std::optional<Refusal> hint;
  Instant hint_expires;
};

/// What IKE_SA_INIT leaves behind.
struct SaInitDone {
  Intent intent;
  Octets nonce;
  Octets request;
  Octets response;
  Octets peer_nonce;
  Proposal proposal;
  FragmentationUse fragmentation;
  bool peer_takes_childless = false;
  SignatureWishes wishes;
  PpkUse ppk = PpkUse::none;       ///< of the one that the connection names
  bool peer_takes_rounds = false;  ///< MULTIPLE_AUTH_SUPPORTED (RFC 4739)
};

/// The response is here; the shared secret is being computed.
struct AwaitSharedSecret : SaInitDone {
  JobId job;
};

/// Between IKE_SA_INIT and IKE_AUTH: there are keys, and some key exchanges may still be to come (RFC 9370 §2.2.2).
struct InitiatorIntermediate : SaInitDone {
  SecureChannel channel;
  std::vector<KeyExchangeMethod> to_come;  ///< the next one first
  IntermediateAuth covered{};
  /// Named in the exchange under way, until the responder does without it. RFC 9867.
  std::shared_ptr<const config::Ppk> named_ppk{};
};

/// The key pair of the next additional key exchange is being made.
struct AwaitAdditionalKeyPair : InitiatorIntermediate {
  JobId job;
};

/// HDR, SK {[KEi(n)] [, N(PPK_IDENTITY_KEY)]} went out.
struct AwaitIntermediateResponse : InitiatorIntermediate {
  std::optional<crypto::KeyExchangeState> key_pair;  ///< nothing: it was without a key exchange
  Octets request;                                    ///< what AUTH covers of it
  RequestWindow window;
};

/// The response is here; the shared secret of an additional key exchange is being computed.
struct AwaitAdditionalSecret : InitiatorIntermediate {
  JobId job;
};

/// As initiator with a post-quantum preshared key: until the responder says that it uses it, both are possible where it is optional.
struct PpkProof {
  PpkKeys keys;
  Octets without = {};  ///< NO_PPK_AUTH: our proof without it; empty where it is required, or is not made yet
};

/// What is known in IKE_AUTH whatever is being waited for.
struct InitiatorAuth {
  Intent intent;
  SecureChannel channel;
  Octets response;  ///< the responder's IKE_SA_INIT message, which its AUTH covers
  Octets nonce;     ///< ours
  Octets peer_nonce;
  Proposal proposal;
  Identification local_id;  ///< in our first round
  bool childless = false;   ///< nothing but the IKE SA is asked for (RFC 6023)
  IntermediateAuth covered;
  Octets request = {};  ///< our IKE_SA_INIT message, which our AUTH covers
  std::optional<PpkProof> ppk = {};
  SignatureWishes wishes = {};
  std::size_t round = 0;         ///< of ours that is under way; behind the last one there is none (RFC 4739)
  Identification round_id = {};  ///< who we are in it
  PeerRounds peer = {};
  std::optional<wire::IdPayload> peer_id = {};  ///< the last one of the responder
};

/// Our signature is being made.
struct AwaitInitiatorSignature : InitiatorAuth {
  OwnSignature signature;
  JobId job;
};

/// HDR, SK {IDi, [CERT,] AUTH [, SAi2, TSi, TSr]} went out.
struct AwaitAuth : InitiatorAuth {
  RequestWindow window;
  std::string child;                ///< the one that is wanted; empty: none
  std::optional<ChildOffer> offer;  ///< nothing: without Child SA (RFC 6023)
  std::vector<IpAddress> told;      ///< our additional addresses (RFC 4555 §3.4)
  bool expects = false;             ///< our proof is on its way: the IPsec stack was told of the offer
};

/// The responder's certificates and signature are being verified.
struct AwaitResponderVerified : AwaitAuth {
  std::vector<wire::Payload> payloads;  ///< of its answer
  JobId job;
};

/// A later round of ours (RFC 4739): our signature is being made.
struct AwaitRoundSignature : AwaitAuth {
  OwnSignature signature;
  JobId job;
};

/// RFC 5998: the responder has said who it is. What proves it is its AUTH behind EAP, with the key of a method that proves both ends.
struct ResponderUnproven {};

/// We authenticate ourselves by EAP; the responder has done so before, or will by the same EAP.
struct EapInitiator : AwaitAuth {
  std::optional<ResponderUnproven> unproven;
};

/// Our next packet of EAP is being made.
struct AwaitEapClient : EapInitiator {
  JobId job;
};

/// HDR, SK {EAP} went out.
struct AwaitEapRequest : EapInitiator {
  std::unique_ptr<eap::Client> conversation;
};

/// HDR, SK {AUTH} went out.
struct AwaitEapFinal : EapInitiator {
  EapProof proof;
};

}  // namespace keypact::ike::v2
