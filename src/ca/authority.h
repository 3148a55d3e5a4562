// Authority: a CA as a folder of files. ca.pem and ca.key are its certificate and key, index.txt and crlnumber what openssl-ca(1) has under
// these names, issued/ every certificate by its serial number, crl.pem the list of those that it took back.
//
// Each file is replaced in one step. What can be revoked is written down before a certificate leaves: what fails in between leaves an entry
// too many in the index, and never a certificate that the index does not have.
#pragma once

#include "base/random_source.h"
#include "ca/index.h"
#include "ca/names.h"
#include "io/folder.h"
#include "pki/certificate_maker.h"
#include "pki/key_maker.h"

namespace keypact::ca {

struct Founding {
  std::string name;  ///< as subject_of_authority()
  pki::NewKey key = pki::NewKey::ecdsa_p256;
  unsigned days = 3650;
  std::int64_t now = 0;  ///< seconds since 1970 in UTC
};

struct Order {
  pki::CertificateUse use = pki::CertificateUse::server;
  WantedNames names;
  pki::NewKey key = pki::NewKey::ecdsa_p256;
  unsigned days = 0;
  std::string crl_uri{};
  bool again = false;  ///< although this name has a good certificate
  std::int64_t now = 0;
};

/// A certificate that is not handed out yet.
struct Made {
  pki::PrivateKey key;
  pki::Certificate certificate;
};

class Authority {
 public:
  /// Makes the folder if need be. The key is encrypted unless the passphrase is empty.
  [[nodiscard]] static Result<Authority> found(const std::string& folder, const Founding& founding,
                                               const Secret& passphrase, RandomSource& random);
  /// To read only.
  [[nodiscard]] static Result<Authority> open(const std::string& folder);
  /// To change it: nobody else does so meanwhile.
  [[nodiscard]] static Result<Authority> open_alone(const std::string& folder);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const pki::Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// The certificate of an entry, from issued/.
  [[nodiscard]] Result<pki::Certificate> issued(const Entry& entry) const;

  /// Its key is encrypted, so that unlock() needs a passphrase.
  [[nodiscard]] Result<bool> is_locked() const;
  [[nodiscard]] Result<pki::PrivateKey> unlock(const Secret& passphrase) const;

  /// Makes a key and a certificate and writes the latter down, in this order: issued/, index.
  [[nodiscard]] Result<Made> issue(const Order& order, const pki::PrivateKey& key, RandomSource& random);
  /// Takes back that it was issued; for one that nobody got.
  [[nodiscard]] Result<void> forget(const pki::Certificate& certificate);

  /// The good certificate of this name or with this serial number; an error when there is none or more than one.
  [[nodiscard]] Result<Entry> good(const std::string& name_or_serial, std::int64_t now) const;
  [[nodiscard]] Result<void> revoke(const Entry& entry, Revocation revocation);
  /// Makes crl.pem anew with the next number; in PEM.
  [[nodiscard]] Result<std::string> publish(const pki::PrivateKey& key, unsigned days, std::int64_t now);

 private:
  Authority(std::string folder, pki::Certificate certificate)
      : folder_(std::move(folder)), certificate_(std::move(certificate)) {}
  [[nodiscard]] Result<void> write_index(std::vector<Entry> entries);
  [[nodiscard]] Result<Octets> next_list_number();
  [[nodiscard]] std::string issued_path(OctetView serial) const;
  [[nodiscard]] Octets new_serial(RandomSource& random) const;

  std::string folder_;
  pki::Certificate certificate_;
  std::vector<Entry> entries_;
  std::optional<io::FolderLock> lock_;
};

}  // namespace keypact::ca
