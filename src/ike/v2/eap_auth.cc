#include "ike/v2/eap_auth.h"

#include <algorithm>

namespace keypact::ike::v2 {

OctetView secret_of(const EapProof& proof, const SkP& sk_p) { return proof.msk ? proof.msk->reveal() : sk_p.reveal(); }

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
