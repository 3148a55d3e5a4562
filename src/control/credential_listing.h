// What list-certs and list-authorities say: an event for each certificate, key or authority that the request asks for.
#pragma once

#include "control/configuration.h"
#include "vici/message.h"

namespace keypact::control {

/// In charon's order: public keys, certificates of ends, of CAs, of OCSP signers, CRLs; each once.
[[nodiscard]] std::vector<vici::Message> certificate_events(const vici::Message& request,
                                                            const config::Snapshot& configuration,
                                                            const ike::Credentials& credentials,
                                                            std::span<const pki::RevocationList> fetched);

[[nodiscard]] std::vector<vici::Message> authority_events(const vici::Message& request,
                                                          const config::Snapshot& configuration,
                                                          const ike::Credentials& credentials);

}  // namespace keypact::control
