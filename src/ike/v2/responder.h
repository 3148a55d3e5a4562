// The responder's waiting points until the IKE SA is established. RFC 7296 §1.2.
#pragma once

#include "ike/v2/eap_auth.h"
#include "ike/v2/initiator.h"
#include "ike/v2/ppk_intermediate.h"

namespace keypact::ike::v2 {

/// The KE payload's answer is being computed; nothing was sent yet.
struct AwaitResponderValue {
  std::vector<ConnectionPtr> candidates;
  Octets request;
  Octets peer_nonce;
  Octets nonce;
  std::uint8_t proposal_number = 0;
  Proposal proposal;
  FragmentationUse fragmentation;
  bool peer_follows_redirects = false;     ///< RFC 5685
  std::vector<HashAlgorithm> peer_hashes;  ///< of SIGNATURE_HASH_ALGORITHMS; none: it does not know method 14
  PpkUse ppk = PpkUse::none;
  bool takes_intermediate = false;  ///< INTERMEDIATE_EXCHANGE_SUPPORTED (RFC 9242)
  JobId job;
  Instant expires;
};

/// HDR, SAr1, KEr, Nr went out.
struct AwaitAuthRequest {
  std::vector<ConnectionPtr> candidates;
  Octets request;   ///< the initiator's IKE_SA_INIT message, which its AUTH covers
  Octets response;  ///< ours, sent again to a retransmission
  Octets peer_nonce;
  Octets nonce;
  Proposal proposal;
  SecureChannel channel;
  bool peer_follows_redirects = false;
  std::vector<HashAlgorithm> peer_hashes;  ///< of SIGNATURE_HASH_ALGORITHMS; none: it does not know method 14
  unsigned junk = 0;                       ///< messages that failed their integrity check
  Instant expires;
  std::vector<KeyExchangeMethod>
      to_come{};  ///< additional key exchanges: before there is none left, nobody is authenticated
  IntermediateAuth covered{};
  ResponseWindow window{1};  ///< of IKE_INTERMEDIATE
  PpkUse ppk = PpkUse::none;
  std::optional<NamedPpk> named_ppk{};  ///< by PPK_IDENTITY_KEY (RFC 9867); nothing: it has not come yet
  /// With the keys of its last exchange, until the next request is authentic.
  std::optional<SecureChannel> channel_before{};
};

/// KEi(n) is here; the answer is being computed.
struct AwaitAdditionalValue : AwaitAuthRequest {
  std::vector<wire::Payload> answer;  ///< behind KEr(n)
  Octets request_covered;             ///< what AUTH covers of the request
  Octets known_by;                    ///< by which a retransmission of it is known
  JobId job;
};

/// HDR, SK {IDi, ...} is here, and the connection that it is meant for is known.
struct ResponderAuth : AwaitAuthRequest {
  Octets known_by;                      ///< by which a retransmission of it is known
  std::vector<wire::Payload> payloads;  ///< of the first request
  bool childless_request = false;
  ConnectionPtr connection;
  Identification local_id;           ///< in our first round
  std::uint32_t message_id = 1;      ///< of the request that is being answered
  std::optional<EapProof> eap = {};  ///< that the initiator has authenticated itself with in this round
  PeerRounds peer = {};
  std::size_t round = 0;         ///< of ours that comes next; behind the last one there is none (RFC 4739)
  Identification round_id = {};  ///< who we were in the last one, or are in this
  std::vector<wire::Payload> round_payloads = {};  ///< of the request that began a later round; empty: it is the first
  bool confirms_ppk = false;                       ///< the next AUTH of ours says that the PPK is used
};

/// The initiator's certificates and signature are being verified.
struct AwaitInitiatorVerified : ResponderAuth {
  JobId job;
};

/// The initiator is authenticated; addresses for it are being looked for.
struct AwaitLease : ResponderAuth {
  JobId job;
};

/// The initiator's round is done, or will be by EAP; our signature is being made.
struct AwaitResponderSignature : ResponderAuth {
  OwnSignature signature;
  JobId job;
};

/// The next packet of EAP is being made.
struct AwaitEapServer : ResponderAuth {
  ResponseWindow window;
  std::vector<wire::Payload> answer;  ///< that stand before it
  JobId job;
};

/// HDR, SK {[IDr, [CERT,] AUTH,] EAP} went out.
struct AwaitEapResponse : ResponderAuth {
  ResponseWindow window;
  EapConversation conversation;
  std::optional<eap::Refusal> decided = {};  ///< it told the initiator that it failed: why
};

/// HDR, SK {EAP (success)} went out.
struct AwaitEapAuth : ResponderAuth {
  ResponseWindow window;
  EapProof proof;
};

/// A round is done at both ends, and another one of either follows (RFC 4739).
struct AwaitRound : ResponderAuth {
  ResponseWindow window;
};

}  // namespace keypact::ike::v2
