// For the tests of this folder: a CA, a server "moon" and a client "carol" with certificates.
#pragma once

#include "eap/test_conversation.h"
#include "pki/test_authority.h"

namespace keypact::eap {

struct TlsWorld {
  explicit TlsWorld(bool with_tls13) : tls13(with_tls13) {}

  static pki::Wanted wanted_carol() {
    return pki::wanted_leaf("CN=carol", {{"subjectAltName", "email:carol@strongswan.org"}});
  }
  static pki::Wanted wanted_moon() {
    return pki::wanted_leaf("CN=moon", {{"subjectAltName", "DNS:moon.strongswan.org"}});
  }

  bool tls13;
  pki::Issued authority = pki::self_signed(pki::wanted_ca("CN=CA"));
  pki::Issued moon = pki::issued_by(authority, wanted_moon());
  pki::Issued carol = pki::issued_by(authority, wanted_carol());
  std::string identity = "carol@strongswan.org";
  std::string server_name = "moon.strongswan.org";
  std::size_t fragment_octets = 1024;
  bool client_shows_certificate = true;

  [[nodiscard]] std::shared_ptr<const TlsSettings> settings(const pki::Issued& own, bool shown) const {
    auto tls = std::make_shared<TlsSettings>();
    if (shown) tls->own = TlsOwn{{own.certificate()}, pki::PrivateKey::of(own.key.get()).value()};
    tls->peer.anchors = pki::TrustAnchors::of({authority.certificate()}).value();
    tls->tls13 = tls13;
    tls->fragment_octets = fragment_octets;
    return tls;
  }

  [[nodiscard]] ServerConfig server_config(Method method) const {
    ServerConfig config = offering({method});
    config.tls = settings(moon, true);
    return config;
  }
  [[nodiscard]] ClientConfig client_config(Method method) const {
    ClientConfig config{{method}, identity, password_of("Ar3etTnp")};
    auto tls = std::make_shared<TlsSettings>(*settings(carol, client_shows_certificate));
    tls->server_names.push_back(IdentityPattern::exactly(Identification::fqdn(server_name)));
    config.tls = std::move(tls);
    return config;
  }
  [[nodiscard]] std::unique_ptr<Conversation> conversation(Method method) const {
    auto both = std::make_unique<Conversation>(server_config(method), client_config(method));
    both->now = pki::kTestNow;
    return both;
  }
};

}  // namespace keypact::eap
