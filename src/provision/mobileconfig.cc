#include "provision/mobileconfig.h"

#include "provision/plist.h"
#include "provision/uuid.h"

namespace keypact::provision {
namespace {

Client make_apple() {
  using enum KeyExchangeMethod;
  const std::vector<CipherWord> ciphers = {{encryption(EncryptionId::ENCR_AES_GCM_16, 256), "AES-256-GCM"},
                                           {encryption(EncryptionId::ENCR_AES_GCM_16, 128), "AES-128-GCM"},
                                           {encryption(EncryptionId::ENCR_CHACHA20_POLY1305), "ChaCha20Poly1305"},
                                           {encryption(EncryptionId::ENCR_AES_CBC, 256), "AES-256"},
                                           {encryption(EncryptionId::ENCR_AES_CBC, 128), "AES-128"}};
  const std::vector<HashWord> hashes = {{IntegrityId::AUTH_HMAC_SHA2_256_128, PrfId::PRF_HMAC_SHA2_256, "SHA2-256"},
                                        {IntegrityId::AUTH_HMAC_SHA2_384_192, PrfId::PRF_HMAC_SHA2_384, "SHA2-384"},
                                        {IntegrityId::AUTH_HMAC_SHA2_512_256, PrfId::PRF_HMAC_SHA2_512, "SHA2-512"},
                                        {IntegrityId::AUTH_HMAC_SHA1_96, PrfId::PRF_HMAC_SHA1, "SHA1-96"}};
  return {.name = "Apple",
          .vocabulary = {.ike_ciphers = ciphers,
                         .ike_hashes = hashes,
                         .esp_ciphers = ciphers,
                         .esp_hashes = hashes,
                         .groups = {{ECP_256, "19"},
                                    {ECP_384, "20"},
                                    {ECP_521, "21"},
                                    {CURVE25519, "31"},
                                    {MODP_2048, "14"},
                                    {MODP_3072, "15"},
                                    {MODP_4096, "16"},
                                    {MODP_6144, "17"},
                                    {MODP_8192, "18"}}},
          .proofs = {Proof::password, Proof::certificate, Proof::eap_tls, Proof::shared_key},
          .takes_shared_keys = true,
          .sends_its_identity = true,
          .wants_server_name = false};
}

/// The payloads of one profile: each has an identifier below that of the profile, and a UUID made of it.
class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile), identifier_(profile.server + "." + profile.connection) {
    if (!profile.identity.empty()) identifier_ += "." + profile.identity;
  }

  std::string write() {
    plist_.begin_dictionary();
    plist_.key("PayloadContent").begin_array();
    if (profile_.authority) write_certificate("com.apple.security.root", "ca", profile_.authority->der());
    if (!profile_.container.empty()) write_certificate("com.apple.security.pkcs12", "p12", profile_.container);
    write_vpn();
    plist_.end_array();
    write_head("Configuration", identifier_, profile_.title);
    plist_.end_dictionary();
    return std::move(plist_).take();
  }

 private:
  [[nodiscard]] std::string identifier_of(std::string_view part) const { return identifier_ + "." + std::string(part); }

  void write_head(std::string_view type, const std::string& identifier, std::string_view title) {
    plist_.key("PayloadDisplayName").string(title);
    plist_.key("PayloadIdentifier").string(identifier);
    plist_.key("PayloadType").string(type);
    plist_.key("PayloadUUID").string(uuid_of(identifier));
    plist_.key("PayloadVersion").integer(1);
  }

  void write_certificate(std::string_view type, std::string_view part, OctetView content) {
    plist_.begin_dictionary();
    plist_.key("PayloadContent").data(content);
    write_head(type, identifier_of(part), profile_.title);
    plist_.end_dictionary();
  }

  void write_vpn() {
    plist_.begin_dictionary();
    write_head("com.apple.vpn.managed", identifier_of("vpn"), profile_.title);
    plist_.key("UserDefinedName").string(profile_.title);
    plist_.key("VPNType").string("IKEv2");
    plist_.key("IPv4").begin_dictionary();
    plist_.key("OverridePrimary").integer(profile_.takes_everything() ? 1 : 0);
    plist_.end_dictionary();
    plist_.key("IKEv2").begin_dictionary();
    write_ends();
    write_authentication();
    write_algorithms();
    plist_.end_dictionary();
    plist_.end_dictionary();
  }

  void write_ends() {
    plist_.key("RemoteAddress").string(profile_.server);
    plist_.key("RemoteIdentifier").string(profile_.gateway.to_string());
    plist_.key("LocalIdentifier").string(profile_.identity);
    plist_.key("DeadPeerDetectionRate").string("Medium");
    plist_.key("DisableMOBIKE").integer(profile_.mobike ? 0 : 1);
  }

  /// With EAP, AuthenticationMethod is how the gateway shows who it is.
  void write_authentication() {
    const bool by_eap = profile_.client_proof == Proof::password || profile_.client_proof == Proof::eap_tls;
    const bool shared = profile_.gateway_proof == Proof::shared_key;
    plist_.key("AuthenticationMethod").string(shared ? "SharedSecret" : "Certificate");
    plist_.key("ExtendedAuthEnabled").integer(by_eap ? 1 : 0);
    if (profile_.client_proof == Proof::password && !profile_.identity.empty())
      plist_.key("AuthName").string(profile_.identity);
    if (!profile_.shared_key.empty()) plist_.key("SharedSecret").string(as_text(profile_.shared_key.reveal()));
    if (!profile_.container.empty()) {
      plist_.key("PayloadCertificateUUID").string(uuid_of(identifier_of("p12")));
      write_key_type();
    }
    // Without it no CERTREQ is sent, and the gateway keeps its certificate to itself.
    if (!profile_.issuer_of_gateway.empty())
      plist_.key("ServerCertificateIssuerCommonName").string(profile_.issuer_of_gateway);
  }

  void write_key_type() {
    if (!profile_.certificate) return;
    const auto& key = profile_.certificate->public_key();
    if (key.type() == pki::KeyType::ecdsa) plist_.key("CertificateType").string("ECDSA" + std::to_string(key.bits()));
    else if (key.type() == pki::KeyType::ed25519) plist_.key("CertificateType").string("Ed25519");
    else plist_.key("CertificateType").string("RSA");
  }

  void write_algorithms() {
    const auto& [ike, esp] = profile_.algorithms;
    const auto& words = apple().vocabulary;
    const auto write = [&](std::string_view name, const Proposal& proposal, std::string_view hash) {
      plist_.key(name).begin_dictionary();
      plist_.key("EncryptionAlgorithm").string(cipher_word(words.ike_ciphers, proposal));
      if (!hash.empty()) plist_.key("IntegrityAlgorithm").string(hash);
      // The group of IKE where the Child SA has none: EnablePFS says whether it counts.
      const auto group = group_word(words.groups, proposal);
      plist_.key("DiffieHellmanGroup")
          .integer(std::stol(std::string(group.empty() ? group_word(words.groups, ike) : group)));
      plist_.end_dictionary();
    };
    write("IKESecurityAssociationParameters", ike, hash_word(words.ike_hashes, ike));
    write("ChildSecurityAssociationParameters", esp, hash_word(words.esp_hashes, esp));
    plist_.key("EnablePFS").integer(esp.has_type(TransformType::KE) ? 1 : 0);
  }

  const Profile& profile_;
  std::string identifier_;
  Plist plist_;
};

}  // namespace

const Client& apple() {
  static const Client client = make_apple();
  return client;
}

std::string mobileconfig(const Profile& profile) { return Writer(profile).write(); }

}  // namespace keypact::provision
