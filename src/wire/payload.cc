// From a payload's type to its codec and back.
#include "wire/payload.h"

#include "wire/codec.h"

namespace keypact::wire {
namespace {

struct TypeOf {
  PayloadType operator()(const SaPayload&) const { return PayloadType::SA; }
  PayloadType operator()(const KePayload&) const { return PayloadType::KE; }
  PayloadType operator()(const IdPayload& payload) const { return payload.role; }
  PayloadType operator()(const CertPayload&) const { return PayloadType::CERT; }
  PayloadType operator()(const CertreqPayload&) const { return PayloadType::CERTREQ; }
  PayloadType operator()(const AuthPayload&) const { return PayloadType::AUTH; }
  PayloadType operator()(const NoncePayload&) const { return PayloadType::Nonce; }
  PayloadType operator()(const NotifyPayload&) const { return PayloadType::N; }
  PayloadType operator()(const DeletePayload&) const { return PayloadType::D; }
  PayloadType operator()(const VendorIdPayload&) const { return PayloadType::V; }
  PayloadType operator()(const TsPayload& payload) const { return payload.role; }
  PayloadType operator()(const CpPayload&) const { return PayloadType::CP; }
  PayloadType operator()(const EapPayload&) const { return PayloadType::EAP; }
  PayloadType operator()(const UnknownPayload& payload) const { return payload.type; }
};

}  // namespace

PayloadType type_of(const Payload& payload) { return std::visit(TypeOf{}, payload.body); }

Parsed<PayloadBody> parse_payload_body(BodyReader& in) {
  switch (in.payload()) {
    case PayloadType::SA: return parse_sa(in);
    case PayloadType::KE: return parse_ke(in);
    case PayloadType::IDi:
    case PayloadType::IDr: return parse_id(in);
    case PayloadType::CERT: return parse_cert(in);
    case PayloadType::CERTREQ: return parse_certreq(in);
    case PayloadType::AUTH: return parse_auth(in);
    case PayloadType::Nonce: return parse_nonce(in);
    case PayloadType::N: return parse_notify(in);
    case PayloadType::D: return parse_delete(in);
    case PayloadType::V: return parse_vendor_id(in);
    case PayloadType::TSi:
    case PayloadType::TSr: return parse_ts(in);
    case PayloadType::CP: return parse_cp(in);
    case PayloadType::EAP: return parse_eap(in);
    default: return parse_unknown(in);
  }
}

bool is_understood(PayloadType type) {
  return (type >= PayloadType::SA && type <= PayloadType::EAP) || type == PayloadType::SKF;
}

void encode_payload_body(Writer& out, const PayloadBody& body) {
  std::visit([&](const auto& payload) { encode(out, payload); }, body);
}

}  // namespace keypact::wire
