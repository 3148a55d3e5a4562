#include "ike/core/credential_store.h"

#include <algorithm>

#include "config/source_files.h"

namespace keypact::ike {
namespace {

using config::CredentialFile;
using config::KeyFile;
using config::Severity;

/// One reading of all folders.
class StoreReader {
 public:
  StoreReader(CredentialStore& store, ParsedFiles& files) : store_(store), files_(files) {}
  void read();

 private:
  void left_out(const CredentialFile& file, const std::string& why, std::string remedy = {}) {
    store_.warnings.push_back(
        about(file.at, Severity::warning, config::printable(file.name) + " is left out", why, std::move(remedy)));
  }
  void certificates(const CredentialFile& file);
  void authority(const CredentialFile& file);
  void private_key(const KeyFile& file);
  void container(const KeyFile& file);
  void keep(const pki::PrivateKey& key) { store_.private_keys.emplace(to_octets(key.public_key().spki_sha1()), key); }
  static void add(std::vector<pki::Certificate>& list, const pki::Certificate& certificate) {
    if (std::ranges::find(list, certificate) == list.end()) list.push_back(certificate);
  }

  CredentialStore& store_;
  ParsedFiles& files_;
};

void StoreReader::certificates(const CredentialFile& file) {
  const auto& read = files_.certificates(file);
  if (!read) return left_out(file, read.error(), "put one certificate in PEM or DER into each file");
  for (const auto& certificate : *read) add(store_.certificates, certificate);
}

void StoreReader::authority(const CredentialFile& file) {
  const auto& read = files_.certificates(file);
  if (!read) return left_out(file, read.error(), "put one CA certificate in PEM or DER into each file");
  for (const auto& certificate : *read) {
    if (certificate.is_ca()) add(store_.authorities, certificate);
    else
      left_out(file,
               '"' + certificate.subject() + "\" is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)",
               "the certificate of a peer belongs into x509");
  }
}

void StoreReader::private_key(const KeyFile& file) {
  const auto& read = files_.private_key(file);
  if (read) keep(*read);
  else
    left_out(file.file, read.error(),
             file.passphrase->empty() ? "an encrypted key needs secrets { private-1 { file = ... secret = ... } }"
                                      : "compare the secret with the passphrase of the file");
}

void StoreReader::container(const KeyFile& file) {
  const auto& read = files_.container(file);
  if (!read) return left_out(file.file, read.error(), "its passphrase is set by secrets { pkcs12-1 { ... } }");
  if (read->key) keep(*read->key);
  // Who hands out the container says by the root in it whom to trust; CAs between are only there to be sent along.
  for (const auto& certificate : read->certificates) {
    const bool is_root = certificate.is_ca() && certificate.is_self_issued();
    add(is_root ? store_.authorities : store_.certificates, certificate);
  }
}

void StoreReader::read() {
  const auto& source = *store_.source;
  for (const auto& file : source.certificates) certificates(file);
  for (const auto& file : source.authorities) authority(file);
  for (const auto& section : source.authority_sections)
    if (section.certificate) authority(*section.certificate);
  for (const auto& file : source.public_keys) {
    const auto& read = files_.public_key(file);
    if (read) store_.public_keys.push_back(*read);
    else left_out(file, read.error(), "a raw public key is SubjectPublicKeyInfo in PEM or DER");
  }
  for (const auto& file : source.crls) {
    const auto& read = files_.revocation_list(file);
    if (read) store_.revocation_lists.push_back(*read);
    else left_out(file, read.error(), "put one CRL in PEM or DER into each file of x509crl");
  }
  for (const auto& file : source.private_keys) private_key(file);
  for (const auto& file : source.containers) container(file);
}

}  // namespace

config::Diagnostic about(const config::SettingPlace& at, Severity severity, std::string what, std::string why,
                         std::string remedy) {
  return {severity, at.file, at.line, at.column, std::move(what), std::move(why), std::move(remedy), {}, 0};
}

const pki::PrivateKey* CredentialStore::private_key(OctetView spki_sha1) const {
  const auto found = private_keys.find(to_octets(spki_sha1));
  return found == private_keys.end() ? nullptr : &found->second;
}

std::shared_ptr<const CredentialStore> make_store(std::shared_ptr<const config::StoredCredentials> source,
                                                  const CredentialStore* before) {
  auto store = std::make_shared<CredentialStore>();
  store->source = std::move(source);
  store->files = ParsedFiles(before == nullptr ? nullptr : &before->files);
  StoreReader(*store, store->files).read();
  store->files.filled();
  return store;
}

}  // namespace keypact::ike
