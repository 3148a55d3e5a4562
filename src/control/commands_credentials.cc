// load-cert, load-key, load-authority and their opposites: what clients load is looked at here, so that it can be refused with a
// sentence, and lies over the files from then on.
#include <algorithm>

#include "config/stored_credentials_reader.h"
#include "control/commands.h"
#include "control/settings.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

using Stored = config::StoredCredentials;

config::CredentialFile file_of(std::string_view name, std::string_view octets) {
  return {std::string(name), {}, std::make_shared<const Secret>(Secret::copy_of(as_octets(octets)))};
}

/// Type and flag in the words of today; older clients have one word for both.
struct CertificateKind {
  std::string type = "x509";
  std::string flag = "none";
};

std::optional<CertificateKind> kind_of(const vici::Message& request) {
  static constexpr std::pair<std::string_view, std::pair<std::string_view, std::string_view>> kOldWords[] = {
      {"x509ca", {"x509", "ca"}},      {"x509aa", {"x509", "aa"}},        {"x509ocsp", {"x509", "ocsp"}},
      {"x509ac", {"x509_ac", "none"}}, {"x509crl", {"x509_crl", "none"}},
  };
  const auto type = vici::text_of(request, "type");
  if (!type) return std::nullopt;
  CertificateKind kind{config::lower_case(*type), config::lower_case(request.value_or("flag", "none"))};
  for (const auto& [word, meaning] : kOldWords)
    if (kind.type == word) kind = {std::string(meaning.first), std::string(meaning.second)};
  return kind;
}

Answer done(std::string warning = {}) {
  auto answer = vici::success();
  if (!warning.empty()) answer.list("warnings", {std::move(warning)});
  return {std::move(answer), true};
}

void keep(const Call& call, std::vector<config::CredentialFile> Stored::* kind, config::CredentialFile file) {
  call.services.configuration.change_credentials([&](LoadedCredentials& loaded) { loaded.add(kind, std::move(file)); });
}

Answer load_x509(const Call& call, const std::string& flag, config::CredentialFile file) {
  ike::ParsedFiles parser(nullptr);
  const auto& read = parser.certificates(file);
  if (!read) return vici::refusal("the certificate cannot be used: " + read.error());
  const auto& certificate = read->front();
  file.name = '"' + certificate.subject() + '"';
  if (flag == "ca" && !certificate.is_ca())
    return vici::refusal(file.name + " is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)");
  if (flag == "aa") return vici::refusal("attribute certificates are not understood in this version");
  if (flag == "ocsp") {
    keep(call, &Stored::ocsp_signers, std::move(file));
    return done();
  }
  if (flag != "none" && flag != "ca") return vici::refusal("invalid value for: flag, expected NONE, CA, AA or OCSP");
  // Whoever loads a CA trusts it; swanctl does not always say so.
  keep(call, certificate.is_ca() ? &Stored::authorities : &Stored::certificates, std::move(file));
  return done();
}

std::string hexadecimal_id(const pki::PrivateKey& key) { return to_hex(key.public_key().key_id()); }

Answer named_list(std::string_view key, vici::Section::List names) {
  vici::Message answer;
  answer.list(key, std::move(names));
  return answer;
}

}  // namespace

Answer load_certificate(const Call& call) {
  const auto kind = kind_of(call.request);
  if (!kind) return vici::refusal("missing certificate type");
  const auto data = vici::text_of(call.request, "data");
  if (!data) return vici::refusal("missing certificate data");
  auto file = file_of("load-cert", *data);
  if (kind->type == "x509") return load_x509(call, kind->flag, std::move(file));
  if (kind->type == "x509_crl") {
    ike::ParsedFiles parser(nullptr);
    const auto& read = parser.revocation_list(file);
    if (!read) return vici::refusal("the CRL cannot be used: " + read.error());
    keep(call, &Stored::crls, std::move(file));
    return done();
  }
  if (kind->type == "pubkey") {
    ike::ParsedFiles parser(nullptr);
    const auto& read = parser.public_key(file);
    if (!read) return vici::refusal("the public key cannot be used: " + read.error());
    keep(call, &Stored::public_keys, std::move(file));
    return done();
  }
  return vici::refusal("certificates of type " + config::printable(kind->type) + " are not understood in this version");
}

Answer load_key(const Call& call) {
  const auto type = vici::text_of(call.request, "type");
  if (!type) return vici::refusal("missing private key type");
  static constexpr std::string_view kTypes[] = {"any", "rsa", "ecdsa", "ed25519", "ed448", "eddsa"};
  if (std::ranges::find(kTypes, config::lower_case(*type)) == std::end(kTypes))
    return vici::refusal("invalid value for: type, expected any, RSA, ECDSA, ED25519 or ED448");
  const auto data = vici::text_of(call.request, "data");
  if (!data) return vici::refusal("missing private key data");
  config::KeyFile key{file_of("load-key", *data)};
  const auto read = pki::PrivateKey::read(*key.file.octets, Secret());
  if (!read) return vici::refusal("the private key cannot be used: " + read.error().sentence());
  auto id = hexadecimal_id(*read);
  call.services.configuration.change_credentials(
      [&](LoadedCredentials& loaded) { loaded.add_key(id, std::move(key)); });
  auto answer = vici::success();
  answer.key("id", id);
  return {std::move(answer), true};
}

Answer unload_key(const Call& call) {
  const auto id = vici::text_of(call.request, "id");
  if (!id) return vici::refusal("missing id of the private key");
  bool gone = false;
  call.services.configuration.change_credentials(
      [&](LoadedCredentials& loaded) { gone = loaded.remove_key(config::lower_case(*id)); });
  if (!gone) return vici::refusal("no client loaded a private key with the id " + config::printable(*id));
  return done();
}

Answer get_keys(const Call& call) {
  return named_list("keys", call.services.configuration.loaded_credentials().keys());
}

Answer load_authority(const Call& call) {
  const auto& elements = call.request.elements();
  const auto* section = elements.size() == 1 ? std::get_if<vici::Section>(&elements.front().content) : nullptr;
  if (section == nullptr) return vici::refusal("load-authority takes one section, named after the authority");
  const auto settings = settings_of(elements.front().name, *section);
  const config::SourceFiles no_files;
  config::Problems problems(no_files);
  auto files = config::CredentialFiles::of_message(call.services.host.file_source(), problems);
  auto authority = config::read_authority(settings, "authorities." + config::printable(settings.name), problems, files);
  std::vector<std::string> warnings;
  for (const auto& diagnostic : problems.take()) {
    if (diagnostic.severity == config::Severity::error) return vici::refusal(one_line(diagnostic));
    warnings.push_back(one_line(diagnostic));
  }
  if (!authority) return vici::refusal("the message cannot be used");
  ike::ParsedFiles parser(nullptr);
  const auto& read = parser.certificates(*authority->certificate);
  if (!read) return vici::refusal("the certificate of the authority cannot be used: " + read.error());
  if (!read->front().is_ca())
    return vici::refusal('"' + read->front().subject() +
                         "\" is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)");
  call.services.configuration.change_credentials([&](LoadedCredentials& loaded) { loaded.put(std::move(*authority)); });
  auto answer = vici::success();
  if (!warnings.empty()) answer.list("warnings", std::move(warnings));
  return {std::move(answer), true};
}

Answer unload_authority(const Call& call) {
  const auto name = vici::text_of(call.request, "name");
  if (!name) return vici::refusal("missing name of the authority");
  bool gone = false;
  call.services.configuration.change_credentials(
      [&](LoadedCredentials& loaded) { gone = loaded.remove_authority(std::string(*name)); });
  if (!gone) return vici::refusal("no client loaded an authority '" + config::printable(*name) + "'");
  return done();
}

Answer get_authorities(const Call& call) {
  return named_list("authorities", call.services.configuration.loaded_credentials().authorities());
}

/// CRLs and what OCSP responders said go together; certificates are not fetched.
Answer flush_certificates(const Call& call) {
  const auto type = config::lower_case(call.request.value_or("type", "any"));
  if (type == "any" || type == "x509_crl" || type == "x509crl" || type == "ocsp_response")
    call.services.host.forget_fetched();
  return vici::success();
}

Answer clear_credentials(const Call& call) {
  call.services.configuration.unload_all_secrets();
  call.services.configuration.change_credentials([](LoadedCredentials& loaded) { loaded.clear(); });
  return {vici::success(), true};
}

}  // namespace keypact::control
