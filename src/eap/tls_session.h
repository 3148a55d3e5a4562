// TlsSession: one TLS connection over octets instead of a socket, by OpenSSL. TLS 1.2 and 1.3 (RFC 5216, RFC 9190); without resumption,
// renegotiation, compression, RSA key exchange. The other end's certificate is judged by pki.
#pragma once

#include <memory>
#include <optional>

#include "base/secret.h"
#include "eap/tls_settings.h"

namespace keypact::eap {

struct TlsRole {
  bool server = false;
  bool wants_client_certificate = false;  ///< of a server
  bool shows_certificate = true;          ///< of a client that has one
  /// The other end's certificate has to speak for one of these; empty: whoever is trusted.
  std::vector<IdentityPattern> names;
};

class TlsSession {
 public:
  /// The error is a sentence.
  static Result<std::unique_ptr<TlsSession>, std::string> open(std::shared_ptr<const TlsSettings> settings,
                                                               TlsRole role);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Takes what came, and goes as far as it can. `now`: seconds since 1970 in UTC. The error is a sentence of why the connection is
  /// over, then and from then on.
  [[nodiscard]] Result<void, std::string> advance(OctetView in, std::int64_t now);
  /// What has to be sent, alerts included.
  [[nodiscard]] Octets take_output();
  [[nodiscard]] bool established() const;
  [[nodiscard]] bool is_tls13() const;

  /// Once it is established. What was said under its protection, and what to say.
  [[nodiscard]] Octets take_clear();
  void write(OctetView clear);
  /// RFC 5705, RFC 8446 §7.5; without a context where `context` is nothing.
  [[nodiscard]] Secret export_key(std::string_view label, std::optional<Octets> context, std::size_t octets) const;
  /// The end entity first; empty where the other end showed none.
  [[nodiscard]] const std::vector<pki::Certificate>& peer_path() const;

  struct Impl;

 private:
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The names that an EAP identity may mean in a certificate: a distinguished name in DER or text, a name of the mail or the DNS.
[[nodiscard]] std::vector<IdentityPattern> names_meant(std::string_view identity);
/// An anonymous NAI (RFC 9190 §2.1.7): it tells the realm and hides the user, or tells nothing.
[[nodiscard]] bool is_anonymous(std::string_view identity);

}  // namespace keypact::eap
