#include "ca/authority.h"

#include <algorithm>

#include "io/file_source.h"
#include "io/files.h"
#include "pki/revocation_list_maker.h"

namespace keypact::ca {
namespace {

constexpr std::size_t kKeyOctets = 64 * 1024;
constexpr std::size_t kIndexOctets = 64 * 1024 * 1024;
constexpr std::size_t kNumberOctets = 64;
constexpr std::int64_t kDay = 86400;
/// Certificates begin to be valid a little before they are made: clocks of those who look at them differ.
constexpr std::int64_t kClocksDiffer = 600;
constexpr unsigned kListNumberOctets = 8;

std::string own_certificate(const std::string& folder) { return folder + "/ca.pem"; }
std::string own_key(const std::string& folder) { return folder + "/ca.key"; }
std::string index_path(const std::string& folder) { return folder + "/index.txt"; }
std::string list_path(const std::string& folder) { return folder + "/crl.pem"; }
std::string number_path(const std::string& folder) { return folder + "/crlnumber"; }

Error not_made(std::string what, const pki::MakingError& error) { return {std::move(what), error.why, {}}; }

Result<pki::Certificate> read_certificate(const std::string& path) {
  TRY(const auto text, io::read_file(path, pki::kCertificateOctets));
  auto certificates = pki::Certificate::from_pem(as_text(text));
  if (!certificates) return failure(Error{"cannot read " + path, certificates.error().sentence(), {}});
  return std::move(certificates->front());
}

/// RFC 5280 §4.1.2.2: positive, unique, and nobody can guess it.
Octets random_serial(RandomSource& random) {
  auto serial = random.octets(16);
  serial.front() = static_cast<std::uint8_t>((serial.front() & 0x7f) | 0x40);
  return serial;
}

Result<void> refuse_what_is_there(const std::string& folder) {
  if (io::exists(own_certificate(folder)))
    return failure(Error{"there is a CA in " + folder + " already", "a second one would take its place",
                         "Give another folder with --dir, or remove that CA"});
  for (const auto& path : {own_key(folder), index_path(folder)})
    if (io::exists(path))
      return failure(Error{"cannot make a CA in " + folder, path + " is there and belongs to no CA",
                           "Remove it when nothing needs it, or give another folder with --dir"});
  return {};
}

/// Nobody else changes the CA as long as one has this.
Result<std::optional<io::FolderLock>> lock_of(const std::string& folder) {
  TRY(auto lock, io::FolderLock::take(folder));
  if (!lock)
    return failure(Error{"cannot change the CA in " + folder, "another keypact pki does so right now", "Try again"});
  return lock;
}

Error passphrase_error(const std::string& path, const pki::PrivateKeyError& error) {
  const bool needed = error.kind == pki::PrivateKeyError::Kind::passphrase_needed;
  return {"cannot read " + path, error.sentence(),
          needed ? "Give it with --passphrase-file, or run this on a terminal" : ""};
}

}  // namespace

Result<Authority> Authority::found(const std::string& folder, const Founding& founding, const Secret& passphrase,
                                   RandomSource& random) {
  TRY(auto subject, subject_of_authority(founding.name));
  TRY_VOID(io::make_folder(folder, 0700));
  TRY(auto lock, lock_of(folder));
  TRY_VOID(refuse_what_is_there(folder));
  TRY_VOID(io::make_folder(folder + "/issued", 0700));
  const auto key = pki::make_private_key(founding.key);
  if (!key) return failure(not_made("cannot make a key for the CA", key.error()));
  const auto certificate = pki::make_root({.use = pki::CertificateUse::authority,
                                           .subject = std::move(subject),
                                           .serial = random_serial(random),
                                           .not_before = founding.now - kClocksDiffer,
                                           .not_after = founding.now + founding.days * kDay},
                                          *key);
  if (!certificate) return failure(not_made("cannot make the certificate of the CA", certificate.error()));
  const auto pem = pki::private_key_pem(*key, passphrase);
  if (!pem) return failure(not_made("cannot write the key of the CA", pem.error()));
  Authority made(folder, *certificate);
  made.lock_ = std::move(lock);
  // The certificate last: with it, there is a CA.
  TRY_VOID(io::write_file_atomically(own_key(folder), pem->reveal(), 0600));
  auto written = made.write_index({});
  if (written)
    written =
        io::write_file_atomically(own_certificate(folder), as_octets(pki::pem_of("CERTIFICATE", certificate->der())));
  if (written) return made;
  for (const auto& path : {own_key(folder), index_path(folder)}) static_cast<void>(io::remove_file(path));
  return failure(std::move(written).error());
}

Result<Authority> Authority::open(const std::string& folder) {
  if (!io::exists(own_certificate(folder)))
    return failure(Error{"there is no CA in " + folder, own_certificate(folder) + " is not there",
                         "Make one with: keypact pki init --name NAME, or say with --dir where it is"});
  TRY(auto certificate, read_certificate(own_certificate(folder)));
  Authority authority(folder, std::move(certificate));
  TRY(const auto text, io::read_file(index_path(folder), kIndexOctets));
  TRY(authority.entries_, index_from_text(as_text(text)));
  return authority;
}

Result<Authority> Authority::open_alone(const std::string& folder) {
  std::optional<io::FolderLock> lock;
  if (io::exists(own_certificate(folder))) {
    TRY(lock, lock_of(folder));
  }
  TRY(auto authority, open(folder));
  authority.lock_ = std::move(lock);
  return authority;
}

Result<pki::Certificate> Authority::issued(const Entry& entry) const {
  return read_certificate(issued_path(entry.serial));
}

Result<bool> Authority::is_locked() const {
  io::RealFiles files;
  TRY(const auto text, files.read(own_key(folder_), kKeyOctets));
  const auto key = pki::PrivateKey::read(text, {});
  return !key && key.error().kind == pki::PrivateKeyError::Kind::passphrase_needed;
}

Result<pki::PrivateKey> Authority::unlock(const Secret& passphrase) const {
  io::RealFiles files;
  TRY(const auto text, files.read(own_key(folder_), kKeyOctets));
  auto key = pki::PrivateKey::read(text, passphrase);
  if (!key) return failure(passphrase_error(own_key(folder_), key.error()));
  if (!key->matches(certificate_.public_key()))
    return failure(
        Error{"cannot use the CA in " + folder_, "ca.key is not the key of ca.pem", "Put back the right one"});
  return std::move(*key);
}

Octets Authority::new_serial(RandomSource& random) const {
  for (;;) {
    auto serial = random_serial(random);
    if (std::ranges::find(entries_, serial, &Entry::serial) == entries_.end()) return serial;
  }
}

Result<Made> Authority::issue(const Order& order, const pki::PrivateKey& key, RandomSource& random) {
  const auto& name = order.names.name;
  const auto what = "cannot issue a certificate for \"" + name + "\"";
  TRY(auto subject, subject_of(name));
  TRY(auto names, alternative_names(order.use, order.names));
  const auto has_one = [&](const Entry& entry) { return entry.name == name && entry.is_good(order.now); };
  if (!order.again && std::ranges::any_of(entries_, has_one))
    return failure(Error{what, "it has one that is good", "Revoke that one first, or renew it with --again"});
  const auto not_after = order.now + order.days * kDay;
  if (not_after > certificate_.not_after())
    return failure(Error{what,
                         "the CA itself is valid for " +
                             std::to_string(std::max<std::int64_t>((certificate_.not_after() - order.now) / kDay, 0)) +
                             " days more",
                         "Give fewer days with --days, or make a new CA"});
  auto own = pki::make_private_key(order.key);
  if (!own) return failure(not_made(what, own.error()));
  auto made = pki::make_certificate({.use = order.use,
                                     .subject = std::move(subject),
                                     .names = std::move(names),
                                     .serial = new_serial(random),
                                     .not_before = std::max(order.now - kClocksDiffer, certificate_.not_before()),
                                     .not_after = not_after,
                                     .crl_uri = order.crl_uri},
                                    own->public_key(), certificate_, key);
  if (!made) return failure(not_made(what, made.error()));
  TRY_VOID(io::write_file_atomically(issued_path(made->serial()), as_octets(pki::pem_of("CERTIFICATE", made->der()))));
  auto entries = entries_;
  entries.push_back({to_octets(made->serial()), name, made->not_after(), {}});
  TRY_VOID(write_index(std::move(entries)));
  return Made{std::move(*own), std::move(*made)};
}

Result<void> Authority::forget(const pki::Certificate& certificate) {
  auto entries = entries_;
  std::erase_if(entries, [&](const Entry& entry) { return same_octets(entry.serial, certificate.serial()); });
  TRY_VOID(write_index(std::move(entries)));
  return io::remove_file(issued_path(certificate.serial()));
}

Result<Entry> Authority::good(const std::string& name_or_serial, std::int64_t now) const {
  const auto what = "cannot tell which certificate \"" + name_or_serial + "\" is";
  std::vector<Entry> found;
  const auto serial = from_hex(name_or_serial);
  for (const auto& entry : entries_)
    if (entry.name == name_or_serial || (serial && entry.serial == *serial)) found.push_back(entry);
  if (found.empty())
    return failure(Error{what, "none that this CA issued has this name or serial number", "See: keypact pki list"});
  std::erase_if(found, [now](const Entry& entry) { return !entry.is_good(now); });
  if (found.empty())
    return failure(Error{what, "each of this name is revoked or has expired", "See: keypact pki list"});
  if (found.size() == 1) return std::move(found.front());
  std::string serials;
  for (const auto& entry : found) serials += " " + serial_text(entry.serial);
  return failure(
      Error{what, std::to_string(found.size()) + " of this name are good", "Give the serial number:" + serials});
}

Result<void> Authority::revoke(const Entry& entry, Revocation revocation) {
  auto entries = entries_;
  const auto found = std::ranges::find(entries, entry.serial, &Entry::serial);
  if (found != entries.end()) found->revoked = revocation;
  return write_index(std::move(entries));
}

Result<std::string> Authority::publish(const pki::PrivateKey& key, unsigned days, std::int64_t now) {
  pki::RevocationListPlan plan{.this_update = now, .next_update = now + days * kDay};
  for (const auto& entry : entries_)
    if (entry.revoked)
      plan.revoked.push_back({entry.serial, entry.revoked->when, static_cast<int>(entry.revoked->reason)});
  TRY(plan.number, next_list_number());
  const auto der = pki::make_revocation_list(plan, certificate_, key);
  if (!der) return failure(not_made("cannot make the list of revoked certificates", der.error()));
  auto pem = pki::pem_of("X509 CRL", *der);
  TRY_VOID(io::write_file_atomically(list_path(folder_), as_octets(pem)));
  return pem;
}

Result<Octets> Authority::next_list_number() {
  // RFC 5280 §5.2.3: never the same number again, also when what follows fails. The file has the number of the next list.
  std::uint64_t number = 1;
  const auto path = number_path(folder_);
  if (io::exists(path)) {
    TRY(const auto text, io::read_file(path, kNumberOctets));
    auto digits = as_text(text);
    while (digits.ends_with('\n')) digits.remove_suffix(1);
    const auto octets = from_hex(digits);
    if (!octets || octets->empty() || octets->size() > kListNumberOctets)
      return failure(
          Error{"cannot read " + path, "it is no number of a list", "Write the number of the next list into it"});
    number = 0;
    for (const auto octet : *octets) number = number << 8 | octet;
  }
  const auto octets_of = [](std::uint64_t value) {
    Octets octets;
    for (; value != 0; value >>= 8) octets.insert(octets.begin(), static_cast<std::uint8_t>(value));
    return octets;
  };
  TRY_VOID(io::write_file_atomically(path, as_octets(serial_text(octets_of(number + 1)) + "\n")));
  return octets_of(number);
}

Result<void> Authority::write_index(std::vector<Entry> entries) {
  TRY_VOID(io::write_file_atomically(index_path(folder_), as_octets(index_text(entries))));
  entries_ = std::move(entries);
  return {};
}

std::string Authority::issued_path(OctetView serial) const {
  return folder_ + "/issued/" + serial_text(serial) + ".pem";
}

}  // namespace keypact::ca
