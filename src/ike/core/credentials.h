// Credentials: the certificates and keys of one configuration, parsed and immutable: who signs for us in a round, whom a round of
// a peer accepts, and the private keys for the jobs that sign. RFC 7296 §2.15, §3.6, §3.7.
#pragma once

#include <span>
#include <unordered_map>

#include "config/snapshot.h"
#include "ike/core/credential_store.h"
#include "pki/own_status.h"
#include "pki/peer_authentication.h"

namespace keypact::ike {

class Credentials {
 public:
  /// None at all.
  Credentials();
  /// The error: all errors, and the warnings too. What stands in `before` parsed already is not parsed again.
  static Result<std::shared_ptr<const Credentials>, std::vector<config::Diagnostic>> of(
      const config::Snapshot& snapshot, const Credentials* before = nullptr);
  /// These, and what one more connection needs: for many that are loaded one by one.
  [[nodiscard]] Result<std::shared_ptr<const Credentials>, std::vector<config::Diagnostic>> with(
      const config::Connection& connection) const;
  /// How many rounds are known, with those of connections that were added and are no longer there.
  [[nodiscard]] std::size_t rounds() const { return rounds_.size(); }
  [[nodiscard]] const std::vector<config::Diagnostic>& warnings() const { return warnings_; }

  struct Signer {
    Identification identity;
    pki::PublicKey key;
    std::vector<pki::Certificate> certificates;  ///< the end entity's, then of intermediate CAs; none: a raw key
    /// Where one may ask about the end entity's; null: nowhere.
    std::shared_ptr<const pki::OwnStatusQuestion> status{};
  };
  /// Whose key makes our signature: one of the round's own certificates or public keys, or, when it has none, of all certificates
  /// that fit its identity. Without an identity, that is the certificate's subject. `asked_for`: SHA-1 of the keys of CAs that the
  /// peer trusts (RFC 7296 §3.7); a certificate of theirs goes before others, an empty list wishes nothing.
  [[nodiscard]] Result<Signer, std::string> signer_for(const config::AuthRound& local,
                                                       std::span<const Octets> asked_for) const;
  /// Never nullptr. What a round cannot be understood for accepts nobody.
  [[nodiscard]] std::shared_ptr<const pki::PeerRules> rules_for(const config::AuthRound& remote) const;
  /// SHA-1 of the keys of the CAs that the round trusts, for CERTREQ; at most 64.
  [[nodiscard]] std::vector<Octets> authority_key_hashes(const config::AuthRound& remote) const;
  /// By the SHA-1 of its SubjectPublicKeyInfo; nullptr when there is none.
  [[nodiscard]] const pki::PrivateKey* private_key(OctetView spki_sha1) const;

  [[nodiscard]] const CredentialStore& store() const { return *store_; }
  /// Those of one connection.
  [[nodiscard]] std::vector<config::Diagnostic> warnings_of(const config::Connection& connection) const;
  /// What is in files of a round, without what cannot be read.
  [[nodiscard]] std::vector<pki::Certificate> certificates_in(const std::vector<config::CredentialFile>& files) const;

 private:
  struct Round;
  class RoundReader;
  struct ByText {
    bool operator()(const std::shared_ptr<const std::string>& a, const std::shared_ptr<const std::string>& b) const {
      return *a < *b;
    }
  };
  /// By what the configuration says of them: many connections have the same ones.
  using Rules = std::map<std::shared_ptr<const std::string>, std::shared_ptr<const pki::PeerRules>, ByText>;
  using Rounds = std::unordered_map<std::string, std::shared_ptr<const Round>>;
  [[nodiscard]] std::shared_ptr<const Round> round(const config::AuthRound& round, bool is_local) const;
  void read_rounds(const config::Connection& connection, const Rounds* known, RoundReader& reader);

  std::shared_ptr<const CredentialStore> store_;
  Rounds rounds_;  ///< by what they say and the files that they name: a copy of a connection has the same
  Rules rules_;
  ParsedFiles files_{nullptr};  ///< of the rounds
  std::vector<config::Diagnostic> warnings_;
};

}  // namespace keypact::ike
