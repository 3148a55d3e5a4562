#include "eap/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "eap/tls_trust.h"

namespace keypact::eap {
namespace {

struct SslFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

/// Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else. Row E17: no key exchange by RSA.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK:!SRP:!DSS";

/// What OpenSSL says last; empties its queue.
std::string openssl_reason() {
  const char* reason = nullptr;
  while (const auto error = ERR_get_error())
    if (const char* const text = ERR_reason_error_string(error)) reason = text;
  return reason != nullptr ? reason : "no reason is known";
}

}  // namespace

struct TlsSession::Impl {
  std::shared_ptr<const TlsSettings> settings;
  TlsRole role;
  std::unique_ptr<SSL_CTX, SslFree> context;
  std::unique_ptr<SSL, SslFree> ssl;
  BIO* in = nullptr;   ///< of ssl
  BIO* out = nullptr;  ///< of ssl
  std::int64_t now = 0;
  Octets clear;
  std::vector<pki::Certificate> peer_path;
  std::string refusal;  ///< of the certificate
  std::string alert;    ///< that the other end sent
  std::string failure;  ///< not empty once it is over

  [[nodiscard]] std::string_view other() const { return role.server ? "the peer" : "the server"; }
  bool use_own();
  [[nodiscard]] bool open();
  void read_clear();
  [[nodiscard]] std::string why_failed() const;
  int verify(X509_STORE_CTX* store);
};

namespace {

int verify_certificate(X509_STORE_CTX* store, void* impl) {
  return static_cast<TlsSession::Impl*>(impl)->verify(store);
}

void on_event(const SSL* ssl, int where, int what) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  const std::string_view name = SSL_alert_desc_string_long(what);
  static_cast<TlsSession::Impl*>(SSL_get_app_data(ssl))->alert =
      name == "unknown" ? std::to_string(what & 0xff) : std::string(name);
}

}  // namespace

int TlsSession::Impl::verify(X509_STORE_CTX* store) {
  std::vector<Octets> sent;
  const auto add = [&](const X509* certificate) {
    unsigned char* der = nullptr;
    const int octets = i2d_X509(certificate, &der);
    if (octets > 0) sent.emplace_back(der, der + octets);
    OPENSSL_free(der);
  };
  add(X509_STORE_CTX_get0_cert(store));
  const auto* const others = X509_STORE_CTX_get0_untrusted(store);
  // The first of these is the end entity again.
  for (int i = 1; i < sk_X509_num(others) && sent.size() < limits::kEapTlsCertificates; ++i)
    add(sk_X509_value(others, i));
  auto path = judge_certificates(sent, {*settings, role.names, role.server, now});
  if (!path) {
    refusal = std::move(path.error());
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
  }
  peer_path = std::move(*path);
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

bool TlsSession::Impl::use_own() {
  const auto& own = settings->own;
  if (!own || own->certificates.empty() || (!role.server && !role.shows_certificate)) return !role.server;
  if (SSL_use_certificate(ssl.get(), own->certificates.front().native()) != 1 ||
      SSL_use_PrivateKey(ssl.get(), own->key.native()) != 1)
    return false;
  for (std::size_t i = 1; i < own->certificates.size(); ++i)
    if (SSL_add1_chain_cert(ssl.get(), own->certificates[i].native()) != 1) return false;
  return true;
}

bool TlsSession::Impl::open() {
  context.reset(SSL_CTX_new(TLS_method()));
  CHECK(context != nullptr);
  SSL_CTX_set_security_level(context.get(), 2);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), settings->tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  CHECK(SSL_CTX_set_cipher_list(context.get(), kCiphers) == 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // charon's TLS 1.2 does not say renegotiation_info (RFC 5746). What that protects from is a server that takes our handshake for
  // a renewed one: there the keys are still ours and the server's, and AUTH of IKE is made with them.
  if (!role.server) SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context.get(), static_cast<long>(limits::kEapTlsOctets));
  SSL_CTX_set_cert_verify_callback(context.get(), verify_certificate, this);
  SSL_CTX_set_info_callback(context.get(), on_event);
  ssl.reset(SSL_new(context.get()));
  CHECK(ssl != nullptr);
  SSL_set_app_data(ssl.get(), this);
  in = BIO_new(BIO_s_mem());
  out = BIO_new(BIO_s_mem());
  CHECK(in != nullptr && out != nullptr);
  BIO_set_mem_eof_return(in, -1);
  BIO_set_mem_eof_return(out, -1);
  SSL_set_bio(ssl.get(), in, out);
  if (role.server) {
    SSL_set_accept_state(ssl.get());
    const int wanted =
        role.wants_client_certificate ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
    SSL_set_verify(ssl.get(), wanted, nullptr);
    // Clients with several certificates choose by these.
    if (role.wants_client_certificate)
      for (const auto& anchor : settings->peer.anchors.certificates()) SSL_add_client_CA(ssl.get(), anchor.native());
  } else {
    SSL_set_connect_state(ssl.get());
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr);
  }
  return use_own();
}

void TlsSession::Impl::read_clear() {
  std::array<std::uint8_t, 4096> block;
  std::size_t octets = 0;
  while (clear.size() <= limits::kEapTlsOctets && SSL_read_ex(ssl.get(), block.data(), block.size(), &octets) == 1)
    append(clear, OctetView(block).first(octets));
  wipe_octets(block);
}

std::string TlsSession::Impl::why_failed() const {
  if (!refusal.empty()) {
    ERR_clear_error();
    return "the certificate of " + std::string(other()) + " is refused: " + refusal;
  }
  if (!alert.empty()) {
    ERR_clear_error();
    return std::string(other()) + " ended TLS with the alert '" + alert + "'";
  }
  return "TLS with " + std::string(other()) + " failed: " + openssl_reason();
}

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() { wipe_octets(impl_->clear); }

Result<std::unique_ptr<TlsSession>, std::string> TlsSession::open(std::shared_ptr<const TlsSettings> settings,
                                                                  TlsRole role) {
  if (!settings) return failure(std::string("no certificates are configured for it"));
  if (!role.server && role.shows_certificate && !settings->own)
    return failure(std::string("no certificate with a private key names us, and the server wants to see one"));
  auto impl = std::make_unique<Impl>();
  impl->settings = std::move(settings);
  impl->role = std::move(role);
  ERR_clear_error();
  if (!impl->open())
    return failure(impl->settings->own ? "our certificate cannot be used: " + openssl_reason()
                                       : std::string("the server has no certificate of its own"));
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(impl)));
}

Result<void, std::string> TlsSession::advance(OctetView octets, std::int64_t now) {
  auto& tls = *impl_;
  if (!tls.failure.empty()) return failure(tls.failure);
  CHECK(octets.size() <= limits::kEapTlsOctets);
  tls.now = now;
  ERR_clear_error();
  if (!octets.empty()) CHECK(BIO_write(tls.in, octets.data(), static_cast<int>(octets.size())) > 0);
  int result = 1;
  if (SSL_is_init_finished(tls.ssl.get()) == 0) result = SSL_do_handshake(tls.ssl.get());
  int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(tls.ssl.get(), result);
  if (error == SSL_ERROR_NONE) {
    tls.read_clear();
    error = SSL_get_error(tls.ssl.get(), 0);
  }
  if (error == SSL_ERROR_WANT_READ && tls.alert.empty()) return {};
  tls.failure = tls.why_failed();
  return failure(tls.failure);
}

Octets TlsSession::take_output() {
  Octets octets(BIO_ctrl_pending(impl_->out));
  if (!octets.empty()) CHECK(BIO_read(impl_->out, octets.data(), static_cast<int>(octets.size())) > 0);
  return octets;
}

bool TlsSession::established() const { return impl_->failure.empty() && SSL_is_init_finished(impl_->ssl.get()) == 1; }
bool TlsSession::is_tls13() const { return SSL_version(impl_->ssl.get()) == TLS1_3_VERSION; }

Octets TlsSession::take_clear() { return std::exchange(impl_->clear, {}); }

void TlsSession::write(OctetView clear) {
  CHECK(established());
  std::size_t written = 0;
  if (!clear.empty()) CHECK(SSL_write_ex(impl_->ssl.get(), clear.data(), clear.size(), &written) == 1);
}

Secret TlsSession::export_key(std::string_view label, std::optional<Octets> context, std::size_t octets) const {
  CHECK(established());
  Secret key(octets);
  CHECK(SSL_export_keying_material(impl_->ssl.get(), key.reveal_mutable().data(), octets, label.data(), label.size(),
                                   context ? context->data() : nullptr, context ? context->size() : 0,
                                   context ? 1 : 0) == 1);
  return key;
}

const std::vector<pki::Certificate>& TlsSession::peer_path() const { return impl_->peer_path; }

}  // namespace keypact::eap
