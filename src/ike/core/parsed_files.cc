#include "ike/core/parsed_files.h"

namespace keypact::ike {
namespace {

bool is_text(OctetView octets) { return as_text(octets).find("-----BEGIN ") != std::string_view::npos; }

template <class T, class E>
Result<T, std::string> with_sentence(Result<T, E>&& read) {
  if (!read) return failure(read.error().sentence());
  return std::move(*read);
}

Result<std::vector<pki::Certificate>, std::string> read_certificates(OctetView octets) {
  if (is_text(octets)) return with_sentence(pki::Certificate::from_pem(as_text(octets)));
  auto one = pki::Certificate::from_der(octets);
  if (!one) return failure(one.error().sentence());
  return std::vector{std::move(*one)};
}

Result<pki::PublicKey, std::string> read_public_key(OctetView octets) {
  auto key = is_text(octets) ? pki::PublicKey::from_pem(as_text(octets)) : pki::PublicKey::from_spki(octets);
  if (!key) return failure(std::string(pki::sentence(key.error())));
  return std::move(*key);
}

}  // namespace

template <class T, class Read>
const Result<T, std::string>& ParsedFiles::of(Known<T> Kept::* known, const Key& key, Read&& read) {
  auto& mine = kept_.*known;
  if (const auto found = mine.find(key); found != mine.end()) return *found->second;
  Parsed<T> parsed;
  if (before_ != nullptr) {
    const auto& theirs = before_->kept_.*known;
    if (const auto found = theirs.find(key); found != theirs.end()) parsed = found->second;
  }
  if (!parsed) parsed = std::make_shared<const Result<T, std::string>>(read());
  return *mine.emplace(key, std::move(parsed)).first->second;
}

const Result<std::vector<pki::Certificate>, std::string>& ParsedFiles::certificates(
    const config::CredentialFile& file) {
  return of(&Kept::certificates, {file.octets, nullptr}, [&] { return read_certificates(file.view()); });
}

const Result<pki::PublicKey, std::string>& ParsedFiles::public_key(const config::CredentialFile& file) {
  return of(&Kept::public_keys, {file.octets, nullptr}, [&] { return read_public_key(file.view()); });
}

const Result<pki::RevocationList, std::string>& ParsedFiles::revocation_list(const config::CredentialFile& file) {
  return of(&Kept::revocation_lists, {file.octets, nullptr},
            [&] { return with_sentence(pki::RevocationList::read(file.view())); });
}

const Result<pki::PrivateKey, std::string>& ParsedFiles::private_key(const config::KeyFile& file) {
  return of(&Kept::private_keys, {file.file.octets, file.passphrase},
            [&] { return with_sentence(pki::PrivateKey::read(*file.file.octets, *file.passphrase)); });
}

const Result<pki::Pkcs12, std::string>& ParsedFiles::container(const config::KeyFile& file) {
  return of(&Kept::containers, {file.file.octets, file.passphrase},
            [&] { return with_sentence(pki::Pkcs12::read(*file.file.octets, *file.passphrase)); });
}

}  // namespace keypact::ike
