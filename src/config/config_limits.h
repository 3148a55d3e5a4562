// Limits of what configuration files may hold: an operator's slip (a cycle, a wrong glob) must end in an error, not in an
// exhausted machine. The numbers leave room for the largest known configurations.
#pragma once

#include <cstddef>

namespace keypact::config::limits {

// All files together: a hundred thousand connections of 600 octets each.
inline constexpr std::size_t kTotalOctets = 64U << 20;
inline constexpr std::size_t kFiles = 20'000;
// Includes within includes; strongSwan stops here too.
inline constexpr unsigned kIncludeDepth = 10;
// Files with certificates, keys and CRLs. The largest are the CRLs of authorities with a hundred thousand revoked certificates.
inline constexpr std::size_t kCredentialOctets = 4U << 20;
inline constexpr std::size_t kCredentialFiles = 20'000;
inline constexpr std::size_t kAllCredentialOctets = 64U << 20;
// Sections within sections: swanctl.conf needs five.
inline constexpr unsigned kSectionDepth = 32;
// What fits the length fields of the control protocol, so that every setting can travel over it.
inline constexpr std::size_t kValueOctets = 65535;
inline constexpr std::size_t kNameOctets = 255;
// Settings and sections after references are followed: references within references multiply.
inline constexpr std::size_t kResolvedSettings = 2'000'000;
// Sections that one section refers to, and references within references.
inline constexpr std::size_t kReferences = 256;
inline constexpr unsigned kReferenceDepth = 64;
// Diagnostics that are worth reading.
inline constexpr std::size_t kErrors = 20;
inline constexpr std::size_t kWarnings = 100;
// RADIUS servers: more are never tried for one peer.
inline constexpr std::size_t kRadiusServers = 16;
// Elements of one list (proposals, addresses, selectors).
inline constexpr std::size_t kListItems = 256;
// What a pool tells each client, beside addresses, in one configuration payload.
inline constexpr std::size_t kPoolAttributes = 48;

}  // namespace keypact::config::limits
