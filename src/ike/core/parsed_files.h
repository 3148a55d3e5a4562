// ParsedFiles: what is in the configuration's files of certificates and keys. What was parsed for the configuration before is
// taken from there, so that loading many files one by one costs no more than loading them at once.
#pragma once

#include <map>

#include "config/credential_file.h"
#include "pki/certificate.h"
#include "pki/pkcs12.h"
#include "pki/private_key.h"
#include "pki/revocation_list.h"

namespace keypact::ike {

/// The value, or a sentence without the name of the file.
template <class T>
using Parsed = std::shared_ptr<const Result<T, std::string>>;

class ParsedFiles {
 public:
  /// `before` may be nullptr; it is asked until filled().
  explicit ParsedFiles(const ParsedFiles* before) : before_(before) {}
  /// No more is looked up before.
  void filled() { before_ = nullptr; }

  /// One certificate in DER, or all of a text.
  const Result<std::vector<pki::Certificate>, std::string>& certificates(const config::CredentialFile& file);
  const Result<pki::PublicKey, std::string>& public_key(const config::CredentialFile& file);
  const Result<pki::RevocationList, std::string>& revocation_list(const config::CredentialFile& file);
  const Result<pki::PrivateKey, std::string>& private_key(const config::KeyFile& file);
  const Result<pki::Pkcs12, std::string>& container(const config::KeyFile& file);

 private:
  /// By the octets and the passphrase, which are kept: so no other ones come to lie there.
  using Key = std::pair<std::shared_ptr<const Secret>, std::shared_ptr<const Secret>>;
  template <class T>
  using Known = std::map<Key, Parsed<T>>;
  struct Kept {
    Known<std::vector<pki::Certificate>> certificates;
    Known<pki::PublicKey> public_keys;
    Known<pki::RevocationList> revocation_lists;
    Known<pki::PrivateKey> private_keys;
    Known<pki::Pkcs12> containers;
  };
  template <class T, class Read>
  const Result<T, std::string>& of(Known<T> Kept::* known, const Key& key, Read&& read);

  const ParsedFiles* before_;
  Kept kept_;
};

}  // namespace keypact::ike
