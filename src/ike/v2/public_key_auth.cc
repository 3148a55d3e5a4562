#include "ike/v2/public_key_auth.h"

#include <algorithm>
#include <array>

namespace keypact::ike::v2 {
namespace {

constexpr std::size_t kSha1Octets = 20;
/// CAs that the peer names are looked through for each certificate of ours.
constexpr std::size_t kAuthorities = 256;

/// RFC 7427 §4, RFC 8420 §3: IDENTITY is what EdDSA needs.
constexpr std::array kHashes = {HashAlgorithm::SHA2_256, HashAlgorithm::SHA2_384, HashAlgorithm::SHA2_512,
                                HashAlgorithm::IDENTITY};

std::vector<HashAlgorithm> hashes_in(const wire::NotifyPayload& notify) {
  std::vector<HashAlgorithm> hashes;
  for (std::size_t at = 0; at + 1 < notify.data.size(); at += 2) {
    const auto hash = static_cast<HashAlgorithm>(notify.data[at] << 8 | notify.data[at + 1]);
    if (std::ranges::find(hashes, hash) == hashes.end()) hashes.push_back(hash);
  }
  return hashes;
}

bool sends_certificates(const config::Connection& connection, const SignatureWishes& wishes) {
  return connection.send_cert == config::SendCert::always ||
         (connection.send_cert == config::SendCert::if_asked && wishes.certificates);
}

bool asks_for_ocsp(const config::Connection& connection) {
  return connection.ocsp == config::OcspPayloads::request || connection.ocsp == config::OcspPayloads::both;
}

bool replies_with_ocsp(const config::Connection& connection) {
  return connection.ocsp == config::OcspPayloads::reply || connection.ocsp == config::OcspPayloads::both;
}

Refusal no_signing_key(const OwnRound& own, std::string detail) {
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_signing_key, NotifyType::AUTHENTICATION_FAILED);
  refusal.ours.push_back(own.connection.name + ": auth = " + own.round.auth_words);
  refusal.detail = std::move(detail);
  return refusal;
}

std::string names_of(const std::vector<HashAlgorithm>& hashes) {
  std::string names;
  for (const auto hash : hashes) names += (names.empty() ? "" : ", ") + to_string(hash);
  return names.empty() ? "none" : names;
}

}  // namespace

bool signs(const config::AuthRound& round) { return round.kind == config::AuthKind::pubkey; }

bool signs(const config::Connection& connection) {
  return std::ranges::any_of(connection.local, [](const auto& round) { return signs(round); });
}

bool has_signatures(const config::Connection& connection) {
  return signs(connection) || std::ranges::any_of(connection.remote, [](const auto& round) { return signs(round); });
}

bool peer_is_nobody(const config::Connection& connection) {
  return connection.remote.front().kind == config::AuthKind::null_auth;
}

bool proves_both_by_eap(const config::Connection& connection) {
  return connection.local.front().kind == config::AuthKind::eap &&
         connection.remote.front().kind == config::AuthKind::eap;
}

std::optional<Refusal> refuses_eap_of_responder(const config::AuthRound& round) {
  if (round.kind != config::AuthKind::eap) return std::nullopt;
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.rule = "RFC 5998 §3";
  refusal.ours.emplace_back("EAP for the responder");
  refusal.detail =
      "the responder is to be proven by EAP alone, which takes EAP for both ends and an initiator that asks for it "
      "(EAP_ONLY_AUTHENTICATION): set that up at both ends, or give the responder auth = pubkey or psk";
  return refusal;
}

SignatureWishes signature_wishes(const PayloadSet& payloads) {
  SignatureWishes wishes;
  if (const auto* notify = payloads.notify(NotifyType::SIGNATURE_HASH_ALGORITHMS)) wishes.hashes = hashes_in(*notify);
  for (const auto* request : payloads.all_of<wire::CertreqPayload>()) {
    wishes.ocsp = wishes.ocsp || request->encoding == CertEncoding::OCSP_CONTENT;
    if (request->encoding != CertEncoding::X509_CERTIFICATE_SIGNATURE) continue;
    wishes.certificates = true;
    const OctetView authorities(request->authorities);
    for (std::size_t at = 0; at + kSha1Octets <= authorities.size() && wishes.authorities.size() < kAuthorities;
         at += kSha1Octets)
      wishes.authorities.push_back(to_octets(authorities.subspan(at, kSha1Octets)));
  }
  return wishes;
}

wire::Payload signature_hash_algorithms() {
  Octets data;
  for (const auto hash : kHashes) {
    data.push_back(0);
    data.push_back(static_cast<std::uint8_t>(hash));
  }
  return notify_payload(NotifyType::SIGNATURE_HASH_ALGORITHMS, std::move(data));
}

std::vector<wire::Payload> certificate_requests(const Context& context, std::span<const ConnectionPtr> connections) {
  wire::CertreqPayload request{CertEncoding::X509_CERTIFICATE_SIGNATURE, {}};
  std::set<Octets> named;
  bool ocsp = false;
  for (const auto& connection : connections) {
    for (const auto& round : connection->remote) {
      if (!signs(round)) continue;
      ocsp = ocsp || asks_for_ocsp(*connection);
      if (!connection->send_certreq) continue;
      for (auto& hash : context.credentials->authority_key_hashes(round)) {
        if (named.size() == kAuthorities || !named.insert(hash).second) continue;
        append(request.authorities, hash);
      }
    }
  }
  std::vector<wire::Payload> requests;
  if (!request.authorities.empty()) requests.emplace_back(std::move(request));
  // RFC 4806 §3.1: without hashes, of whatever responder the issuer of its certificate trusts.
  if (ocsp) requests.emplace_back(wire::CertreqPayload{CertEncoding::OCSP_CONTENT, {}});
  return requests;
}

Result<Credentials::Signer, Refusal> signer_for(const Context& context, const OwnRound& own,
                                                const SignatureWishes& wishes) {
  auto signer = context.credentials->signer_for(own.round, wishes.authorities);
  if (!signer) return failure(no_signing_key(own, std::move(signer.error())));
  return std::move(*signer);
}

Result<SignatureStarted, Refusal> start_signature(const Context& context, const OwnRound& own,
                                                  const Credentials::Signer& signer, const SignatureWishes& wishes,
                                                  const SignedOctets& octets) {
  const auto constraints = pki::AuthConstraints::parse(own.round.auth_words);
  const auto schemes =
      pki::choose_schemes(signer.key, wishes.hashes, constraints ? *constraints : pki::AuthConstraints());
  if (schemes.empty()) {
    auto refusal = no_signing_key(own, "no signature that our key can make is one that both ends take");
    refusal.theirs.push_back("SIGNATURE_HASH_ALGORITHMS " + names_of(wishes.hashes));
    return failure(std::move(refusal));
  }
  OwnSignature signature{schemes.front(), {}, to_octets(signer.key.spki_sha1())};
  if (sends_certificates(own.connection, wishes))
    for (const auto& certificate : signer.certificates)
      signature.certificates.emplace_back(
          wire::CertPayload{CertEncoding::X509_CERTIFICATE_SIGNATURE, to_octets(certificate.der())});
  const bool says_status = wishes.ocsp && replies_with_ocsp(own.connection) && !signature.certificates.empty();
  const auto job =
      context.start(JobClass::auth, SignAuth{signature.key, signature.scheme, joined(context.library, octets),
                                             says_status ? signer.status : nullptr});
  return SignatureStarted{std::move(signature), job};
}

JobId sign_again(const Context& context, const OwnSignature& signature, const SignedOctets& octets) {
  return context.start(JobClass::auth, SignAuth{signature.key, signature.scheme, joined(context.library, octets)});
}

Result<wire::AuthPayload, Refusal> signed_auth(OwnSignature& signature, const JobDone& done) {
  if (const auto* made = std::get_if<Signed>(&done.result)) {
    // RFC 4806 §4.2: of the certificate whose key signs.
    if (made->ocsp_response)
      signature.certificates.emplace_back(wire::CertPayload{CertEncoding::OCSP_CONTENT, *made->ocsp_response});
    return wire::AuthPayload{signature.scheme->method, pki::encode_auth_data(*signature.scheme, made->signature)};
  }
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, RefusalCode::no_signing_key, NotifyType::AUTHENTICATION_FAILED);
  const auto* error = std::get_if<pki::SignatureError>(&done.result);
  refusal.detail = error != nullptr ? std::string(pki::sentence(*error)) : "our private key was taken away meanwhile";
  return failure(std::move(refusal));
}

JobId start_verification(const Context& context, const config::AuthRound& round, const Identification& claimed,
                         const PayloadSet& payloads, const SignedOctets& octets) {
  const auto& auth = *payloads.find<wire::AuthPayload>();
  auto claim = std::make_unique<pki::PeerClaim>(
      pki::PeerClaim{claimed, auth.method, auth.data, joined(context.library, octets), {}});
  for (const auto* certificate : payloads.all_of<wire::CertPayload>())
    claim->certificates.push_back({certificate->encoding, certificate->data});
  return context.start(JobClass::auth, VerifyPeer{std::move(claim), context.credentials->rules_for(round)});
}

Result<PeerAuthenticated, Refusal> verified_peer(JobDone&& done) {
  if (const auto* evidence = std::get_if<pki::AuthenticatedPeer>(&done.result)) return PeerAuthenticated(*evidence);
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::certificate_refused, NotifyType::AUTHENTICATION_FAILED);
  if (const auto* why = std::get_if<pki::Refusal>(&done.result)) {
    refusal.rule = why->rule;
    refusal.detail = why->to_string();
  }
  return failure(std::move(refusal));
}

}  // namespace keypact::ike::v2
