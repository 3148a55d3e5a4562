// Limits: everything that a peer or a client can make us store or compute has its bound here, with the reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instant.h"
#include "base/token_bucket.h"

namespace keypact::limits {

// One IKE message. A UDP datagram cannot carry more; the IKE header's length field could claim 4 GiB.
inline constexpr std::size_t kMessageOctets = 65535;
// Payloads in one chain, clear or encrypted: the largest honest message (16 CERTs, 40 notifies) stays well below.
inline constexpr std::size_t kPayloads = 96;
inline constexpr std::size_t kNotifyPayloads = 40;
inline constexpr std::size_t kDeletePayloads = 16;
inline constexpr std::size_t kCertPayloads = 16;
inline constexpr std::size_t kCertreqPayloads = 20;
inline constexpr std::size_t kVendorIdPayloads = 20;
// NAT_DETECTION_SOURCE_IP may appear once per address of a multihomed peer.
inline constexpr std::size_t kNatDetectionNotifies = 10;
inline constexpr std::size_t kTrafficSelectors = 64;
inline constexpr std::size_t kConfigurationAttributes = 64;
// Proposals in an SA payload, transforms in a proposal, attributes in a transform: strongSwan's default offer, the largest
// known, has 2 proposals with 40 transforms.
inline constexpr std::size_t kProposals = 32;
inline constexpr std::size_t kTransforms = 64;
inline constexpr std::size_t kTransformAttributes = 4;
// SPIs in one Delete payload: more than one peer can own Child SAs with us.
inline constexpr std::size_t kDeleteSpis = 1024;

// RFC 7296 §3.9: a nonce has 16 to 256 octets.
inline constexpr std::size_t kNonceMinOctets = 16;
inline constexpr std::size_t kNonceMaxOctets = 256;
// RFC 7296 §2.6: a cookie has 1 to 64 octets.
inline constexpr std::size_t kCookieMaxOctets = 64;
inline constexpr std::size_t kIdentificationOctets = 4096;

// IKE_SA_INIT requests that need no cookie: from one IPv4 address or IPv6 /64, and from one /24 or /48. Whoever asks oftener is
// asked to prove its address, which costs it one round trip.
inline constexpr RateLimit kInitPerSource{20, 5};
inline constexpr RateLimit kInitPerNetwork{80, 20};
// The share of one processor that goes into key exchanges with initiators that did not prove their address.
inline constexpr unsigned kKeyExchangePercent = 25;
// Half-open SAs as responder: a flood meets cookies long before the table is full. One source proves its address, too, from its
// fourth on: what is spoofed in its name leaves room for itself.
inline constexpr std::size_t kHalfOpen = 4096;
inline constexpr std::size_t kHalfOpenPerSource = 5;
inline constexpr std::size_t kHalfOpenPerSourceBeforeCookies = 3;
inline constexpr std::size_t kHalfOpenBeforeCookies = 64;
// How long one may take. Retransmissions of a lossy path need the time; when many real addresses fill the table, each gets less: as
// soon as a quarter is taken, and as soon as three quarters are.
inline constexpr Duration kHalfOpenLife = seconds(30);
inline constexpr Duration kHalfOpenLifeUnderAttack = seconds(10);
inline constexpr Duration kHalfOpenLifeWhenFull = seconds(3);
// Established IKE SAs: of one address (a NAT has many users) and of one identity (which has more than one device, and old SAs).
inline constexpr std::size_t kIkeSasPerSource = 256;
inline constexpr std::size_t kIkeSasPerIdentity = 16;
// CREATE_CHILD_SA requests that one IKE SA may make: rekeyings are minutes apart, but many children may begin at once.
inline constexpr RateLimit kCreateChild{10, 20};
// Errors in clear that are answered and told: enough to find a misconfiguration.
inline constexpr RateLimit kClearErrors{100, 100};
// Messages for one half-open SA that fail their integrity check before it is dropped.
inline constexpr unsigned kJunkMessages = 5;
// Message IDs of one end in an IKE SA: the rest of the 2^32 is for what is said until it is rekeyed.
inline constexpr std::uint32_t kMessageIds = 0xffff'0000;
// COOKIE and INVALID_KE_PAYLOAD answers that one initiation follows before it gives up (RFC 7296 §2.6.1 ping-pong).
inline constexpr unsigned kSaInitRestarts = 5;
// Fragments of one message (RFC 7383), and the octets that they may add up to: more than any honest message. Before the peer is
// authenticated it gets less memory; what is incomplete is forgotten when nothing new has come for this long.
inline constexpr std::uint16_t kFragments = 64;
inline constexpr std::size_t kReassembledOctets = kMessageOctets;
inline constexpr std::size_t kHalfOpenReassembledOctets = 16384;
inline constexpr Duration kReassemblyLife = seconds(30);
// RFC 4555: addresses of a peer beside the one in use, and pairs of addresses that a request is sent over while a path is sought.
inline constexpr std::size_t kAdditionalAddresses = 8;
inline constexpr std::size_t kPaths = 16;
// Packets that wait for an SA: of one policy, octets of all together, and for how long. Whoever sent one has by then sent it again.
inline constexpr std::size_t kHeldPackets = 32;
inline constexpr std::size_t kHeldOctets = std::size_t{1} << 20;
inline constexpr Duration kHeldLife = seconds(30);
/// ESP that came before its SA: how much of it is kept, and how long.
inline constexpr std::size_t kEarlyPackets = 256;
inline constexpr std::size_t kEarlyOctets = std::size_t{512} << 10;
inline constexpr Duration kEarlyLife = seconds(2);
// One EAP conversation: requests of it, and the octets of an identity (a distinguished name may be one).
inline constexpr unsigned kEapRounds = 50;
inline constexpr std::size_t kEapIdentityOctets = 1024;
// TLS in EAP: one flight put together of its fragments, and certificates in it.
inline constexpr std::size_t kEapTlsOctets = 65536;
inline constexpr std::size_t kEapTlsCertificates = 16;
inline constexpr std::size_t kEapAvps = 32;  // of TTLS, in one message
// RFC 5685 §7: gateways that one initiation lets itself be sent to in a row.
inline constexpr std::size_t kRedirects = 5;
inline constexpr Duration kRedirectPeriod = seconds(300);
// RFC 7296 §2.21.4: answers to messages in clear, and messages because of ESP that belongs to no SA, in a second.
inline constexpr RateLimit kInvalidIkeSpiAnswers{20, 20};
inline constexpr std::uint32_t kInvalidSpiReports = 5;
inline constexpr RateLimit kClearHints{2, 2};  // each is a search through all IKE SAs
// Of one IKE SA: so often at most does it tell its peer of ESP that belongs to no SA, or ask it whether it lives because of a hint
// that anybody could have sent.
inline constexpr Duration kBetweenInvalidSpiReports = seconds(5);
inline constexpr Duration kBetweenHintedChecks = seconds(10);
// A request that is answered in clear with INVALID_IKE_SPI, and by nobody who has the keys: seven transmissions fit in this.
inline constexpr Duration kPatienceWhenDenied = seconds(10);
// Runs of an updown script for one Child SA: pairs of selectors beyond that are left out.
inline constexpr std::size_t kUpdownRuns = 64;
inline constexpr std::size_t kChildSasPerIkeSa = 64;
// Local requests (create, delete, liveness ...) that wait for the window of one IKE SA.
inline constexpr std::size_t kQueuedLocalRequests = 64;

}  // namespace keypact::limits
