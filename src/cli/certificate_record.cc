#include "cli/certificate_record.h"

#include <fmt/format.h>

#include <chrono>

namespace keypact::cli {

namespace {

std::string key_text(const pki::PublicKey& key) {
  return std::string(pki::name_of(key.type())) + ' ' + std::to_string(key.bits());
}

std::string date_text(std::int64_t seconds) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace

CertificateRecord certificate_record(const pki::Certificate& certificate) {
  CertificateRecord record;
  record.kind = certificate.is_ca() ? "CA" : "end entity";
  record.subject = certificate.subject();
  record.issuer = certificate.issuer();
  record.serial = to_hex(certificate.serial());
  for (const auto& name : certificate.alternative_names()) record.names.push_back(name.to_string());
  record.key = key_text(certificate.public_key());
  record.not_before = certificate.not_before();
  record.not_after = certificate.not_after();
  return record;
}

std::optional<CertificateRecord> certificate_record(const vici::Message& event) {
  const auto octets = as_octets(event.value_or("data"));
  const auto flag = event.value_or("flag");
  if (event.value_or("type") == "X509_CRL") return std::nullopt;
  CertificateRecord record;
  if (event.value_or("type") == "PUBKEY") {
    const auto key = pki::PublicKey::from_spki(octets, {0, 16384});
    if (!key) return std::nullopt;
    record.kind = "public key";
    record.subject = to_hex(key->spki_sha1());
    record.key = key_text(*key);
  } else {
    const auto certificate = pki::Certificate::from_der(octets, {0, 16384});
    if (!certificate) return std::nullopt;
    record = certificate_record(*certificate);
    record.kind = flag == "CA" ? "CA" : flag == "OCSP" ? "OCSP signer" : "end entity";
  }
  record.private_key = event.value_or("has_privkey") == "yes";
  return record;
}

std::string validity_text(const CertificateRecord& record, std::int64_t now) {
  constexpr std::int64_t kDay = 86400;
  if (record.not_after == 0) return {};
  if (now < record.not_before) return "valid from " + date_text(record.not_before);
  if (now > record.not_after) return "expired on " + date_text(record.not_after);
  return fmt::format("valid until {} (in {} d)", date_text(record.not_after), (record.not_after - now) / kDay);
}

}  // namespace keypact::cli
