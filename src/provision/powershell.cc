#include "provision/powershell.h"

#include <fmt/format.h>

#include "pki/base64.h"

namespace keypact::provision {
namespace {

/// Group24 (MODP_2048_S256) is not among the groups: RFC 8247 §2.4 says SHOULD NOT.
Client make_windows() {
  using enum KeyExchangeMethod;
  return {.name = "Windows",
          .vocabulary = {.ike_ciphers = {{encryption(EncryptionId::ENCR_AES_CBC, 256), "AES256"},
                                         {encryption(EncryptionId::ENCR_AES_CBC, 128), "AES128"},
                                         {encryption(EncryptionId::ENCR_AES_GCM_16, 256), "GCMAES256"},
                                         {encryption(EncryptionId::ENCR_AES_GCM_16, 128), "GCMAES128"}},
                         .ike_hashes = {{IntegrityId::AUTH_HMAC_SHA2_384_192, PrfId::PRF_HMAC_SHA2_384, "SHA384"},
                                        {IntegrityId::AUTH_HMAC_SHA2_256_128, PrfId::PRF_HMAC_SHA2_256, "SHA256"},
                                        {IntegrityId::AUTH_HMAC_SHA1_96, PrfId::PRF_HMAC_SHA1, "SHA1"}},
                         .esp_ciphers = {{encryption(EncryptionId::ENCR_AES_GCM_16, 256), "GCMAES256"},
                                         {encryption(EncryptionId::ENCR_AES_GCM_16, 128), "GCMAES128"},
                                         {encryption(EncryptionId::ENCR_AES_CBC, 256), "AES256"},
                                         {encryption(EncryptionId::ENCR_AES_CBC, 128), "AES128"}},
                         .esp_hashes = {{IntegrityId::AUTH_HMAC_SHA2_256_128, PrfId::PRF_HMAC_SHA2_256, "SHA256128"},
                                        {IntegrityId::AUTH_HMAC_SHA1_96, PrfId::PRF_HMAC_SHA1, "SHA196"}},
                         .groups = {{ECP_384, "ECP384"}, {ECP_256, "ECP256"}, {MODP_2048, "Group14"}}},
          .proofs = {Proof::password, Proof::certificate, Proof::eap_tls},
          .takes_shared_keys = false,
          .sends_its_identity = false,
          .wants_server_name = true};
}

/// In single quotes everything stands for itself but those, which are doubled. Windows takes typographic ones for them, too.
std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto rest = text.substr(at);
    const bool typographic = rest.starts_with("\u2018") || rest.starts_with("\u2019") || rest.starts_with("\u201a") ||
                             rest.starts_with("\u201b");
    if (typographic) {
      result.append(rest.substr(0, 3)).append(rest.substr(0, 3));
      at += 2;
    } else {
      result += rest.front();
      if (rest.front() == '\'') result += '\'';
    }
  }
  return result + "'";
}

/// The octets as a file for as long as the command runs, which finds its path in $file.
std::string with_file(std::string_view about, OctetView octets, std::string_view extension, std::string_view command) {
  return fmt::format(
      "\n# {}\n$file = Join-Path $env:TEMP ([Guid]::NewGuid().ToString() + '{}')\n"
      "try {{\n  [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String('{}'))\n  {}\n"
      "}} finally {{ Remove-Item $file -ErrorAction SilentlyContinue }}\n",
      about, extension, pki::base64_of(octets), command);
}

std::string import_text(const Profile& profile) {
  std::string text;
  if (profile.authority)
    text += with_file("Who vouches for the gateway: " + profile.authority->subject(), profile.authority->der(), ".cer",
                      "Import-Certificate -FilePath $file -CertStoreLocation Cert:\\LocalMachine\\Root | Out-Null");
  if (profile.container.empty()) return text;
  const bool of_machine = profile.client_proof == Proof::certificate;
  return text + with_file("The client's own certificate; its passphrase is asked for.", profile.container, ".p12",
                          std::string("Import-PfxCertificate -FilePath $file -CertStoreLocation Cert:\\") +
                              (of_machine ? "LocalMachine" : "CurrentUser") +
                              "\\My -Password (Read-Host -AsSecureString 'Passphrase of the certificate') | Out-Null");
}

std::string_view authentication_of(Proof proof) {
  switch (proof) {
    case Proof::password:
      return "-AuthenticationMethod Eap -EapConfigXmlStream (New-EapConfiguration).EapConfigXmlStream";
    case Proof::eap_tls:
      return "-AuthenticationMethod Eap -EapConfigXmlStream (New-EapConfiguration -Tls "
             "-UserCertificate).EapConfigXmlStream";
    case Proof::certificate:
    case Proof::shared_key: break;
  }
  return "-AuthenticationMethod MachineCertificate";
}

std::string connection_text(const Profile& profile) {
  return fmt::format(
      "\n# The connection. One of this name is replaced.\n"
      "if (Get-VpnConnection -Name $name -ErrorAction SilentlyContinue) {{ Remove-VpnConnection -Name $name -Force }}\n"
      "Add-VpnConnection -Name $name -ServerAddress {} -TunnelType Ikev2 -EncryptionLevel Required {}{}{}\n",
      in_quotes(profile.server), authentication_of(profile.client_proof),
      profile.client_proof == Proof::password ? " -RememberCredential" : "",
      profile.takes_everything() ? "" : " -SplitTunneling");
}

/// Of AEAD ciphers Windows wants the same word twice.
std::string algorithms_text(const Profile& profile) {
  const auto& words = windows().vocabulary;
  const auto& [ike, esp] = profile.algorithms;
  const auto cipher = cipher_word(words.esp_ciphers, esp);
  const auto group = group_word(words.groups, esp);
  const auto pfs = group.empty() ? "None" : group == "Group14" ? "PFS2048" : group;
  return fmt::format(
      "\n# What Windows offers by itself the gateway would refuse: MODP-1024.\n"
      "Set-VpnConnectionIPsecConfiguration -ConnectionName $name -AuthenticationTransformConstants {} "
      "-CipherTransformConstants {} -EncryptionMethod {} -IntegrityCheckMethod {} -DHGroup {} -PfsGroup {} -Force\n",
      esp.has_type(TransformType::INTEG) ? hash_word(words.esp_hashes, esp) : cipher, cipher,
      cipher_word(words.ike_ciphers, ike), hash_word(words.ike_hashes, ike), group_word(words.groups, ike), pfs);
}

std::string routes_text(const Profile& profile) {
  if (profile.takes_everything()) return {};
  std::string text = "\n# What is behind the gateway; everything else goes its usual way.\n";
  for (const auto& network : profile.networks)
    text += "Add-VpnConnectionRoute -ConnectionName $name -DestinationPrefix " + network.to_string() + "\n";
  return text;
}

}  // namespace

const Client& windows() {
  static const Client client = make_windows();
  return client;
}

std::string powershell(const Profile& profile) {
  constexpr std::string_view kUtf8 = "\xef\xbb\xbf";  // else PowerShell 5 takes it for the code page of the machine
  return std::string(kUtf8) +
         "# Sets up a VPN connection on Windows 10 and 11. To be run by an administrator:\n"
         "#   powershell -ExecutionPolicy Bypass -File THIS_FILE\n"
         "#Requires -RunAsAdministrator\n"
         "$ErrorActionPreference = 'Stop'\n"
         "$name = " +
         in_quotes(profile.title) + "\n" + import_text(profile) + connection_text(profile) + algorithms_text(profile) +
         routes_text(profile);
}

}  // namespace keypact::provision
