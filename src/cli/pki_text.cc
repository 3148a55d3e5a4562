#include "cli/pki_text.h"

#include "cli/certificate_record.h"
#include "cli/human.h"
#include "cli/json_document.h"

namespace keypact::cli {
namespace {

std::string_view role_of(const pki::Certificate& certificate) {
  switch (pki::use_of(certificate)) {
    case pki::CertificateUse::authority: return "CA";
    case pki::CertificateUse::server: return "server";
    case pki::CertificateUse::client: return "client";
  }
  return {};
}

Json json_of(const pki::Certificate& certificate) {
  const auto record = certificate_record(certificate);
  return {{"subject", record.subject},
          {"role", role_of(certificate)},
          {"names", record.names},
          {"key", record.key},
          {"serial", ca::serial_text(certificate.serial())},
          {"not_before", record.not_before},
          {"not_after", record.not_after}};
}

Json action_document(std::string_view event) {
  auto json = document("pki");
  json["event"] = event;
  return json;
}

/// Below the name: what the certificate is, and how long it is valid.
std::string details_text(const pki::Certificate& certificate, const std::string& validity, const Style& style) {
  const auto record = certificate_record(certificate);
  auto text = "  " + std::string(role_of(certificate)) + ", " + record.key + ", " + validity + '\n';
  if (!record.names.empty()) text += "  names: " + style.shown(joined(record.names, ", ")) + '\n';
  return text + "  serial " + ca::serial_text(certificate.serial()) + '\n';
}

std::string painted_state(const ListedCertificate& listed, std::int64_t now, const Style& style) {
  const auto state = state_of(listed.entry, now);
  auto text = std::string(state);
  if (listed.entry.revoked) text += " (" + std::string(ca::name_of(listed.entry.revoked->reason)) + ")";
  return state == "good" ? style.good(text) : style.bad(text);
}

}  // namespace

std::string_view state_of(const ca::Entry& entry, std::int64_t now) {
  if (entry.revoked) return "revoked";
  return entry.is_good(now) ? "good" : "expired";
}

std::string authority_text(const ca::Authority& authority, std::int64_t now, const Style& style) {
  const auto& certificate = authority.certificate();
  return style.strong(style.shown(certificate.subject())) + '\n' +
         details_text(certificate, validity_text(certificate_record(certificate), now), style) + "  in " +
         style.shown(authority.folder()) + '\n';
}

std::string issued_text(const pki::Certificate& certificate, const std::vector<std::string>& files, std::int64_t now,
                        const Style& style) {
  auto text = style.strong(style.shown(certificate.subject())) + '\n' +
              details_text(certificate, validity_text(certificate_record(certificate), now), style);
  for (const auto& file : files) text += "  " + style.shown(file) + '\n';
  return text;
}

std::string list_text(const ca::Authority& authority, const std::vector<ListedCertificate>& certificates,
                      std::int64_t now, const Style& style) {
  auto text = authority_text(authority, now, style);
  for (const auto& listed : certificates) {
    text += style.strong(style.shown(listed.entry.name)) + "  " + painted_state(listed, now, style) + '\n';
    if (listed.certificate)
      text += details_text(*listed.certificate, validity_text(certificate_record(*listed.certificate), now), style);
    else
      text += "  serial " + ca::serial_text(listed.entry.serial) + ", " +
              style.bad(style.shown(listed.certificate.error().to_string())) + '\n';
  }
  return text;
}

std::string authority_json(const ca::Authority& authority) {
  auto json = action_document("made");
  json["folder"] = authority.folder();
  json["certificate"] = json_of(authority.certificate());
  return dumped(json);
}

std::string issued_json(const pki::Certificate& certificate, const std::vector<std::string>& files) {
  auto json = action_document("issued");
  json["certificate"] = json_of(certificate);
  json["files"] = files;
  return dumped(json);
}

std::string revoked_json(const ca::Entry& entry, const std::string& list) {
  auto json = action_document("revoked");
  json["name"] = entry.name;
  json["serial"] = ca::serial_text(entry.serial);
  json["reason"] = entry.revoked ? ca::name_of(entry.revoked->reason) : "";
  json["list"] = list;
  return dumped(json);
}

std::string published_json(std::size_t revoked, const std::vector<std::string>& files) {
  auto json = action_document("published");
  json["revoked"] = revoked;
  json["files"] = files;
  return dumped(json);
}

std::string list_json(const ca::Authority& authority, const std::vector<ListedCertificate>& certificates,
                      std::int64_t now) {
  auto json = action_document("list");
  json["authority"] = json_of(authority.certificate());
  json["certificates"] = Json::array();
  for (const auto& listed : certificates) {
    Json one = {{"serial", ca::serial_text(listed.entry.serial)}, {"not_after", listed.entry.not_after}};
    if (listed.certificate) one = json_of(*listed.certificate);
    else one["error"] = listed.certificate.error().to_string();
    one["name"] = listed.entry.name;
    one["state"] = state_of(listed.entry, now);
    if (listed.entry.revoked) {
      one["revoked_at"] = listed.entry.revoked->when;
      one["reason"] = ca::name_of(listed.entry.revoked->reason);
    }
    json["certificates"].push_back(std::move(one));
  }
  return dumped(json);
}

}  // namespace keypact::cli
