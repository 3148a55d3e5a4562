// pki: a small CA. What it does stands in src/ca; here is what was asked for, and what is told.
#include <algorithm>

#include "ca/delivery.h"
#include "cli/passphrase.h"
#include "cli/pki_text.h"
#include "cli/verbs.h"
#include "crypto/system_random.h"
#include "io/clock.h"
#include "io/files.h"

namespace keypact::cli {
namespace {

pki::NewKey key_kind(const std::string& word) {
  if (word == "rsa") return pki::NewKey::rsa_3072;
  return word == "ed25519" ? pki::NewKey::ed25519 : pki::NewKey::ecdsa_p256;
}

Result<pki::PrivateKey> key_of(const ca::Authority& authority, const PkiOptions& options) {
  TRY(const bool is_locked, authority.is_locked());
  if (!is_locked) return authority.unlock({});
  TRY(const auto passphrase, passphrase_from({options.passphrase_file, "Passphrase of the CA", "--passphrase-file"}));
  return authority.unlock(passphrase);
}

Result<Secret> passphrase_of_new_key(const PkiOptions& options) {
  if (!options.encrypt && options.passphrase_file.empty()) return Secret();
  return passphrase_from({options.passphrase_file, "Passphrase of the new CA", "--passphrase-file", true});
}

Result<ExitCode> init(const PkiOptions& options, const Console& console) {
  const auto now = io::unix_seconds();
  TRY(const auto random, crypto::SystemRandom::open());
  TRY(const auto passphrase, passphrase_of_new_key(options));
  TRY(const auto authority,
      ca::Authority::found(options.folder,
                           {.name = options.name, .key = key_kind(options.key), .days = options.days, .now = now},
                           passphrase, *random));
  console.print(console.json ? authority_json(authority) : authority_text(authority, now, console.style));
  return ExitCode::ok;
}

Result<ca::Delivery> delivery_of(const PkiOptions& options) {
  ca::Delivery delivery;
  delivery.folder = options.out.empty() ? options.folder + "/ends/" + options.name : options.out;
  delivery.name = options.name;
  if (!options.p12) return delivery;
  TRY(auto passphrase, passphrase_from({options.p12_passphrase_file, "New passphrase of " + options.name + ".p12",
                                        "--p12-passphrase-file", true}));
  delivery.container = ca::Container{options.p12_legacy ? pki::Pkcs12Cipher::triple_des : pki::Pkcs12Cipher::aes_256,
                                     std::move(passphrase)};
  return delivery;
}

ca::Order order_of(const PkiOptions& options, std::int64_t now) {
  return {.use = options.role == "server" ? pki::CertificateUse::server : pki::CertificateUse::client,
          .names = {options.name, options.dns, options.addresses, options.emails},
          .key = key_kind(options.key),
          .days = options.days,
          .crl_uri = options.crl_uri,
          .again = options.again,
          .now = now};
}

Result<void> check_uri(const std::string& uri) {
  const bool is_uri = uri.empty() || ((uri.starts_with("http://") || uri.starts_with("ldap://")) &&
                                      std::ranges::all_of(uri, [](char c) { return c > 0x20 && c < 0x7f; }));
  if (!is_uri)
    return failure(Error{"\"" + uri + "\" cannot be where a list of revoked certificates is",
                         "peers fetch it by http:// or ldap:// (RFC 5280 §4.2.1.13)",
                         {}});
  return {};
}

Result<ExitCode> issue(const PkiOptions& options, const Console& console) {
  const auto now = io::unix_seconds();
  TRY_VOID(check_uri(options.crl_uri));
  TRY_VOID(ca::subject_of(options.name));  // before it becomes that of files
  TRY(auto authority, ca::Authority::open_alone(options.folder));
  TRY(const auto random, crypto::SystemRandom::open());
  TRY(const auto key, key_of(authority, options));
  TRY(const auto delivery, delivery_of(options));
  TRY_VOID(ca::check_delivery(delivery, authority.certificate(), options.again));
  TRY(const auto made, authority.issue(order_of(options, now), key, *random));
  const auto files = ca::deliver(delivery, made, authority.certificate(), options.again);
  if (!files) {
    static_cast<void>(authority.forget(made.certificate));  // else it stays in the list, where it can be revoked
    return failure(files.error());
  }
  console.print(console.json ? issued_json(made.certificate, *files)
                             : issued_text(made.certificate, *files, now, console.style));
  return ExitCode::ok;
}

Result<ca::Reason> reason_of(const PkiOptions& options) {
  if (options.reason.empty()) return ca::Reason::unspecified;
  if (const auto reason = ca::reason_of(options.reason)) return *reason;
  return failure(Error{"\"" + options.reason + "\" is no reason for which a certificate is revoked",
                       "RFC 5280 §5.3.1 has others",
                       "Write unspecified, keyCompromise, CACompromise, affiliationChanged, superseded or "
                       "cessationOfOperation"});
}

Result<ExitCode> revoke(const PkiOptions& options, const Console& console) {
  const auto now = io::unix_seconds();
  TRY(const auto reason, reason_of(options));
  TRY(auto authority, ca::Authority::open_alone(options.folder));
  TRY(auto entry, authority.good(options.name, now));
  TRY(const auto key, key_of(authority, options));
  entry.revoked = ca::Revocation{now, reason};
  TRY_VOID(authority.revoke(entry, *entry.revoked));
  TRY_VOID(authority.publish(key, options.days, now));
  const auto list = options.folder + "/crl.pem";
  console.print(console.json
                    ? revoked_json(entry, list)
                    : console.style.shown(entry.name) + " is revoked: serial " + ca::serial_text(entry.serial) +
                          "\n  give " + console.style.shown(list) + " to the gateways, as x509crl/ca.pem\n");
  return ExitCode::ok;
}

Result<ExitCode> publish(const PkiOptions& options, const Console& console) {
  TRY(auto authority, ca::Authority::open_alone(options.folder));
  TRY(const auto key, key_of(authority, options));
  TRY(const auto pem, authority.publish(key, options.days, io::unix_seconds()));
  std::vector<std::string> files{options.folder + "/crl.pem"};
  if (!options.out.empty()) {
    TRY_VOID(io::write_file_atomically(options.out, as_octets(pem)));
    files.push_back(options.out);
  }
  const auto revoked = static_cast<std::size_t>(
      std::ranges::count_if(authority.entries(), [](const ca::Entry& entry) { return entry.revoked.has_value(); }));
  if (console.json) console.print(published_json(revoked, files));
  else
    for (const auto& file : files)
      console.print(console.style.shown(file) + ": " + std::to_string(revoked) + " revoked");
  return ExitCode::ok;
}

Result<ExitCode> list(const PkiOptions& options, const Console& console) {
  TRY(const auto authority, ca::Authority::open(options.folder));
  std::vector<ListedCertificate> certificates;
  for (const auto& entry : authority.entries()) certificates.push_back({entry, authority.issued(entry)});
  const auto now = io::unix_seconds();
  console.print(console.json ? list_json(authority, certificates, now)
                             : list_text(authority, certificates, now, console.style));
  return ExitCode::ok;
}

}  // namespace

Outcome<ExitCode> pki(const PkiOptions& options, const Console& console) {
  const auto action = options.action == "init"     ? init
                      : options.action == "issue"  ? issue
                      : options.action == "revoke" ? revoke
                      : options.action == "crl"    ? publish
                                                   : list;
  const auto done = action(options, console);
  if (!done) return failed(done.error());
  return *done;
}

}  // namespace keypact::cli
