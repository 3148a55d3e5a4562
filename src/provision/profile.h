// What a client is told of one connection of a gateway, whatever it is written as. Everything is taken from the gateway's
// configuration, so that the two fit; where they could not, the refusal says what to change.
#pragma once

#include <optional>
#include <string>

#include "pki/certificate.h"
#include "provision/vocabulary.h"

namespace keypact::provision {

/// How one end shows who it is.
enum class Proof : std::uint8_t { certificate, password, eap_tls, shared_key };
[[nodiscard]] std::string_view name_of(Proof proof);

/// A client of another maker.
struct Client {
  std::string_view name;  ///< "Windows"
  Vocabulary vocabulary;
  std::vector<Proof> proofs;       ///< of itself, that it can
  bool takes_shared_keys = false;  ///< of the gateway
  bool sends_its_identity = true;  ///< as IDi; else that is its address, or its certificate's subject
  bool wants_server_name = false;  ///< in the gateway's certificate the name that it connects to, which is for servers
};

/// What the configuration does not say.
struct Request {
  std::string server;                           ///< the name or address that clients connect to
  std::string identity;                         ///< who the client is; empty: it says so itself
  std::string child;                            ///< empty: the only one
  std::string title;                            ///< under which the client shows it; empty: the connection's name
  std::optional<pki::Certificate> authority;    ///< who vouches for the gateway; nothing: as its own CAs say
  std::optional<pki::Certificate> certificate;  ///< of the client
  Octets container{};                           ///< PKCS#12 with that and its key, as it is
};

struct Profile {
  std::string title;
  std::string connection;
  std::string server;
  std::string identity;    ///< may be empty
  Identification gateway;  ///< who it says that it is
  Proof client_proof{};
  Proof gateway_proof{};  ///< certificate or shared_key
  Algorithms algorithms;
  std::vector<Prefix> networks;  ///< behind the gateway; never empty
  std::optional<pki::Certificate> authority;
  std::string issuer_of_gateway;  ///< the CN of who issued its certificate
  std::optional<pki::Certificate> certificate;
  Octets container;
  Secret shared_key;
  bool mobike = true;

  /// All IPv4 or all IPv6 traffic goes through it.
  [[nodiscard]] bool takes_everything() const;
  /// What must not be read by others.
  [[nodiscard]] bool has_secrets() const { return !container.empty() || !shared_key.empty(); }
};

/// The refusal: what does not fit, why, and what to change.
[[nodiscard]] Result<Profile> profile_for(const Client& client, const config::Snapshot& snapshot,
                                          const std::string& connection, const Request& request);

}  // namespace keypact::provision
