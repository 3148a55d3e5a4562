// The payloads of IKEv2 as values, one struct a payload, and the variant over them. RFC 7296 §3.3 to §3.16, RFC 7383 §2.5.
// Each struct's codec is in the file of its name (ke_payload.cc ...).
#pragma once

#include <concepts>
#include <variant>
#include <vector>

#include "base/octets.h"
#include "proto/identification.h"
#include "proto/notify_type.h"
#include "proto/payload_registries.h"
#include "proto/proposal.h"
#include "proto/spi.h"
#include "proto/traffic_selector.h"

namespace keypact::wire {

/// RFC 7296 §3.3.5. `tv` is the short form, whose value has two octets.
struct TransformAttribute {
  std::uint16_t type = 0;  ///< 15 bits, without the format bit
  bool tv = true;
  Octets value;
  bool operator==(const TransformAttribute&) const = default;
};

struct TransformSubstructure {
  TransformType type{};
  std::uint16_t id = 0;
  std::vector<TransformAttribute> attributes;
  bool operator==(const TransformSubstructure&) const = default;
};

/// RFC 7296 §3.3.1.
struct ProposalSubstructure {
  std::uint8_t number = 1;
  ProtocolId protocol{};
  Octets spi;  ///< 0, 4 or 8 octets
  std::vector<TransformSubstructure> transforms;
  bool operator==(const ProposalSubstructure&) const = default;

  /// The offer as a value. A transform whose attributes we do not understand is left out (RFC 7296 §3.3.6); a proposal
  /// with a transform type that we do not know is worth nothing (then: no transforms at all).
  [[nodiscard]] Proposal offer() const;
  static ProposalSubstructure of(std::uint8_t number, const Proposal& proposal, OctetView spi);
};

struct SaPayload {
  std::vector<ProposalSubstructure> proposals;
  bool operator==(const SaPayload&) const = default;
};

struct KePayload {
  KeyExchangeMethod method{};
  Octets data;
  bool operator==(const KePayload&) const = default;
};

struct IdPayload {
  PayloadType role = PayloadType::IDi;  ///< IDi or IDr
  Identification id;
  bool operator==(const IdPayload&) const = default;
  /// The body as it enters the AUTH computation: type, three RESERVED octets, data (RFC 7296 §2.15).
  [[nodiscard]] Octets body() const;
};

struct CertPayload {
  CertEncoding encoding{};
  Octets data;
  bool operator==(const CertPayload&) const = default;
};

struct CertreqPayload {
  CertEncoding encoding{};
  Octets authorities;  ///< SHA-1 hashes of 20 octets each for X.509
  bool operator==(const CertreqPayload&) const = default;
};

struct AuthPayload {
  AuthMethod method{};
  Octets data;
  bool operator==(const AuthPayload&) const = default;
};

struct NoncePayload {
  Octets nonce;  ///< 16 to 256 octets
  bool operator==(const NoncePayload&) const = default;
};

struct NotifyPayload {
  ProtocolId protocol = ProtocolId::none;
  Octets spi;
  NotifyType type{};
  Octets data;
  bool operator==(const NotifyPayload&) const = default;
};

struct DeletePayload {
  ProtocolId protocol{};
  std::vector<EspSpi> spis;  ///< empty for the IKE SA itself, which is named by the header
  bool operator==(const DeletePayload&) const = default;
};

struct VendorIdPayload {
  Octets data;
  bool operator==(const VendorIdPayload&) const = default;
};

/// A selector of a type that we do not know, or one that names ports without a protocol (RFC 7296 §3.13.1): kept for the
/// printer, never chosen.
struct UnknownTrafficSelector {
  TsType type{};
  Octets body;                ///< what follows the selector length field
  std::uint8_t protocol = 0;  ///< the octet before the selector length, whatever it means in this type
  bool operator==(const UnknownTrafficSelector&) const = default;
};

struct TsPayload {
  PayloadType role = PayloadType::TSi;  ///< TSi or TSr
  std::vector<std::variant<TrafficSelector, UnknownTrafficSelector>> entries;
  bool operator==(const TsPayload&) const = default;

  static TsPayload of(PayloadType role, const std::vector<TrafficSelector>& selectors);
  /// The selectors of known types, in the order sent.
  [[nodiscard]] std::vector<TrafficSelector> selectors() const;
};

struct CpAttribute {
  CpAttributeType type{};
  Octets value;
  bool operator==(const CpAttribute&) const = default;
};

struct CpPayload {
  CpType type{};
  std::vector<CpAttribute> attributes;
  bool operator==(const CpPayload&) const = default;
};

struct EapPayload {
  Octets message;  ///< the whole EAP packet; its own length field was checked against the payload
  bool operator==(const EapPayload&) const = default;
};

/// A payload of a type that we do not process: unknown, or not of IKEv2's chain.
struct UnknownPayload {
  PayloadType type{};
  Octets body;
  bool operator==(const UnknownPayload&) const = default;
};

using PayloadBody =
    std::variant<SaPayload, KePayload, IdPayload, CertPayload, CertreqPayload, AuthPayload, NoncePayload, NotifyPayload,
                 DeletePayload, VendorIdPayload, TsPayload, CpPayload, EapPayload, UnknownPayload>;

struct Payload {
  PayloadBody body;
  bool critical = false;
  Payload() = default;
  /// A payload is its body: any of the structs above becomes one.
  template <class Body>
    requires std::constructible_from<PayloadBody, Body&&> && (!std::same_as<std::remove_cvref_t<Body>, Payload>)
  Payload(Body&& payload_body) : body(std::forward<Body>(payload_body)) {}  // NOLINT: any body is a payload
  bool operator==(const Payload&) const = default;
};

[[nodiscard]] PayloadType type_of(const Payload& payload);

}  // namespace keypact::wire
