// What an OCSP responder says of our own certificate, for a peer that asks for it. RFC 4806 §4.2.
#pragma once

#include "pki/revocation.h"

namespace keypact::pki {

struct OwnStatusQuestion {
  Certificate certificate;
  Certificate issuer;
  std::vector<std::string> configured;  ///< responders, of the configuration
  std::vector<std::string> named;       ///< responders, by the certificate itself
  std::vector<Certificate> signers;     ///< as RevocationRules::ocsp_signers
};

struct OwnStatus {
  Octets response;  ///< an OCSPResponse in DER; empty: there is none to be had, or it would not help us
  std::vector<DocumentRequest> wanted;  ///< not empty: there may be one with these
  Learned learned;
};

/// `now`: seconds since 1970 in UTC. Without a nonce: it is of the peer's use, and is used again until it ends.
[[nodiscard]] OwnStatus own_status(const OwnStatusQuestion& question, const Inquiry& inquiry,
                                   const RevocationKnowledge& knowledge, std::int64_t now);

}  // namespace keypact::pki
