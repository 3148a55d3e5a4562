#include "ike/v2/eap_auth.h"

#include <algorithm>

namespace keypact::ike::v2 {

OctetView secret_of(const EapProof& proof, const SkP& sk_p) { return proof.msk ? proof.msk->reveal() : sk_p.reveal(); }

std::optional<OctetView> secret_of_both(const EapProof& proof) {
  if (!proof.msk || !eap::fit_for_eap_only(proof.method)) return std::nullopt;
  return proof.msk->reveal();
}

Refusal unfit_for_eap_only(eap::Method method) {
  auto refusal =
      refusal_in(ExchangeType::IKE_AUTH, RefusalCode::authentication_failed, NotifyType::AUTHENTICATION_FAILED);
  refusal.rule = "RFC 5998 §4";
  refusal.theirs.push_back(eap::method_name(method));
  refusal.ours.emplace_back("a method that proves both ends and makes a key: EAP-TLS, TTLS, PEAP, SIM, AKA, AKA'");
  refusal.detail = "a responder that does not prove itself by AUTH is not proven by " + eap::method_name(method);
  return refusal;
}

Identification eap_identity(const std::string& identity) {
  const bool is_text = std::ranges::all_of(identity, [](char c) { return c > ' ' && c < 0x7f; });
  if (!is_text || identity.empty()) return Identification::key_id(as_octets(identity));
  return identity.find('@') != std::string::npos ? Identification::email(identity) : Identification::fqdn(identity);
}

Refusal eap_refusal(const eap::Refusal& why) {
  const bool lacks = why.reason == eap::Reason::not_available;
  auto refusal = refusal_in(ExchangeType::IKE_AUTH, lacks ? RefusalCode::eap_unavailable : RefusalCode::eap_failed);
  refusal.by_peer = why.reason == eap::Reason::refused_by_peer;
  refusal.detail = why.sentence;
  refusal.ours.push_back(eap::method_name(why.method));
  return refusal;
}

}  // namespace keypact::ike::v2
