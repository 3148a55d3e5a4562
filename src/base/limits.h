// Limits: everything that a peer or a client can make us store or compute has its bound here, with the reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instant.h"

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

// Half-open SAs as responder: a flood meets cookies long before the table is full.
inline constexpr std::size_t kHalfOpen = 4096;
inline constexpr std::size_t kHalfOpenPerSource = 5;
inline constexpr std::size_t kHalfOpenBeforeCookies = 64;
inline constexpr Duration kHalfOpenLife = seconds(30);
// Messages for one half-open SA that fail their integrity check before it is dropped.
inline constexpr unsigned kJunkMessages = 5;
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
inline constexpr std::size_t kChildSasPerIkeSa = 64;
// Local requests (create, delete, liveness ...) that wait for the window of one IKE SA.
inline constexpr std::size_t kQueuedLocalRequests = 64;

}  // namespace keypact::limits
