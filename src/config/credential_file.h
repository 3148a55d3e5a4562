// Certificates, keys, CRLs and containers as the configuration holds them: octets that nobody has looked into yet, and where
// they came from. What is in them stands in ike/core/credentials.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace keypact::config {

/// A place in the configuration files. Without a file: it came over the control interface. Line 0: the file as a whole.
struct SettingPlace {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  /// Always: where a setting stands is no part of what it says.
  bool operator==(const SettingPlace&) const { return true; }
};

/// PEM, DER or PKCS#12. Copies share the octets, and are compared by them.
struct CredentialFile {
  std::string name;  ///< its path, or what it is instead of a file
  SettingPlace at;   ///< of the setting that names it
  std::shared_ptr<const Secret> octets = std::make_shared<const Secret>();  ///< never null

  [[nodiscard]] OctetView view() const { return octets->reveal(); }
  bool operator==(const CredentialFile& other) const { return secret_equal(view(), other.view()); }
};

/// A private key, or a container of PKCS#12.
struct KeyFile {
  CredentialFile file;
  std::shared_ptr<const Secret> passphrase = std::make_shared<const Secret>();  ///< empty: there is none

  bool operator==(const KeyFile& other) const {
    return file == other.file && secret_equal(passphrase->reveal(), other.passphrase->reveal());
  }
};

/// `authorities { name { ... } }`
struct AuthoritySection {
  std::string name;
  std::optional<CredentialFile> certificate;  ///< nothing: over the control interface without one
  std::vector<std::string> crl_uris;
  std::vector<std::string> ocsp_uris;
  std::string cert_uri_base;  ///< empty: none

  bool operator==(const AuthoritySection&) const = default;
};

/// What is there for all connections: swanctl's folders, and what was loaded over the control interface.
struct StoredCredentials {
  std::vector<CredentialFile> certificates;  ///< x509
  std::vector<CredentialFile> authorities;   ///< x509ca: whose certificates are trusted
  std::vector<CredentialFile> ocsp_signers;  ///< x509ocsp
  std::vector<CredentialFile> crls;          ///< x509crl
  std::vector<CredentialFile> public_keys;   ///< pubkey
  std::vector<KeyFile> private_keys;         ///< private, rsa, ecdsa, pkcs8
  std::vector<KeyFile> containers;           ///< pkcs12
  std::vector<AuthoritySection> authority_sections;

  bool operator==(const StoredCredentials&) const = default;
};

}  // namespace keypact::config
