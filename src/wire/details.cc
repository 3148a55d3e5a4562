// The values of payloads for people: details() of notation.h. Key exchange data, nonces, AUTH data, EAP data, certificates and
// the data of notifies that may be secrets (tokens, tickets, cookies) appear as their length only.
#include <algorithm>

#include "base/reader.h"
#include "proto/encrypted_dns.h"
#include "wire/notation.h"
#include "wire/vendor_id_name.h"

namespace keypact::wire {
namespace {

constexpr std::size_t kAllCharacters = 16384;
constexpr std::size_t kValueCharacters = 512;
constexpr std::size_t kOctetsShown = 20;

std::string count_of(std::size_t octets) { return std::to_string(octets) + (octets == 1 ? " octet" : " octets"); }

std::string hex_of(OctetView octets) {
  const auto shown = octets.first(std::min(octets.size(), kOctetsShown));
  return to_hex(shown) + (shown.size() < octets.size() ? "..." : "");
}

std::string printable(OctetView octets) {
  // Identification escapes what is not printable ASCII.
  return Identification{IdType::ID_FQDN, to_octets(octets.first(std::min(octets.size(), kValueCharacters)))}
      .to_string();
}

std::string bounded(std::string text) {
  if (text.size() <= kValueCharacters) return text;
  text.resize(kValueCharacters);
  return text + "...";
}

std::string transform_text(const TransformSubstructure& wire) {
  Transform transform{wire.type, wire.id, std::nullopt};
  std::string others;
  for (const auto& attribute : wire.attributes) {
    const auto value = Reader(attribute.value).u16();
    if (attribute.type == kKeyLengthAttribute && attribute.tv && !transform.key_bits && value)
      transform.key_bits = value;
    else others += "+attribute(" + std::to_string(attribute.type) + ")=" + hex_of(attribute.value);
  }
  return to_string(transform) + others;
}

std::string proposal_text(const ProposalSubstructure& proposal) {
  std::string text = "proposal " + std::to_string(proposal.number) + ": " + to_string(proposal.protocol);
  if (!proposal.spi.empty()) text += " SPI " + hex_of(proposal.spi);
  std::string_view separator = ": ";
  TransformType previous{};
  for (const auto& transform : proposal.transforms) {
    if (text.size() > kValueCharacters) break;
    text += previous == transform.type ? "|" : separator;
    text += transform_text(transform);
    previous = transform.type;
    separator = " / ";
  }
  return bounded(std::move(text));
}

std::string address_text(OctetView octets) {
  const auto address = IpAddress::from_octets(octets);
  return address ? address->to_string() : hex_of(octets);
}

template <class Enumeration>
std::string list_of_u16(OctetView data) {
  std::string text;
  Reader in(data);
  while (const auto value = in.u16()) {
    if (!text.empty()) text += ", ";
    text += to_string(static_cast<Enumeration>(*value));
    if (text.size() > kValueCharacters) break;
  }
  return text;
}

std::string number_text(OctetView data) {
  if (data.size() > 4) return hex_of(data);
  std::uint32_t value = 0;
  for (const auto octet : data) value = value << 8 | octet;
  return std::to_string(value);
}

/// The data of the notifies whose content is public and has a form; the length of all others.
std::string notify_data_text(NotifyType type, OctetView data) {
  using enum NotifyType;
  switch (type) {
    case INVALID_KE_PAYLOAD: return list_of_u16<KeyExchangeMethod>(data);
    case SIGNATURE_HASH_ALGORITHMS: return list_of_u16<HashAlgorithm>(data);
    case UNSUPPORTED_CRITICAL_PAYLOAD:
    case INVALID_MAJOR_VERSION:
    case SET_WINDOW_SIZE:
    case AUTH_LIFETIME: return number_text(data);
    case ADDITIONAL_IP4_ADDRESS:
    case ADDITIONAL_IP6_ADDRESS: return address_text(data);
    case NAT_DETECTION_SOURCE_IP:
    case NAT_DETECTION_DESTINATION_IP:
    case INVALID_MESSAGE_ID:
    case IPCOMP_SUPPORTED: return hex_of(data);
    default: return count_of(data.size());
  }
}

std::string cp_value_text(const CpAttribute& attribute) {
  using enum CpAttributeType;
  const OctetView value(attribute.value);
  if (value.empty()) return "(empty)";
  switch (attribute.type) {
    case INTERNAL_IP4_ADDRESS:
    case INTERNAL_IP4_NETMASK:
    case INTERNAL_IP4_DNS:
    case INTERNAL_IP4_NBNS:
    case INTERNAL_IP4_DHCP:
    case INTERNAL_IP6_DNS:
    case INTERNAL_IP6_DHCP: return address_text(value);
    case INTERNAL_IP6_ADDRESS:
    case INTERNAL_IP6_SUBNET:
      if (value.size() != 17) return hex_of(value);
      return address_text(value.first(16)) + '/' + std::to_string(value.back());
    case INTERNAL_IP4_SUBNET:
      if (value.size() != 8) return hex_of(value);
      return address_text(value.first(4)) + '/' + address_text(value.last(4));
    case SUPPORTED_ATTRIBUTES: return list_of_u16<CpAttributeType>(value);
    case APPLICATION_VERSION:
    case INTERNAL_DNS_DOMAIN: return printable(value);
    case ENCDNS_IP4:
    case ENCDNS_IP6: {
      const auto server = encrypted_dns_in(value, attribute.type == ENCDNS_IP4 ? IpFamily::v4 : IpFamily::v6);
      return server ? to_string(*server) : hex_of(value);
    }
    default: return count_of(value.size());
  }
}

std::string entry_text(const TrafficSelector& selector) { return selector.to_string(); }
std::string entry_text(const UnknownTrafficSelector& selector) {
  return to_string(selector.type) + ", not usable: " + hex_of(selector.body);
}

/// One payload's value: the rest of its line, and further lines.
class Printer {
 public:
  explicit Printer(std::string& text) : text_(text) {}

  void operator()(const SaPayload& sa) {
    for (const auto& proposal : sa.proposals) line(proposal_text(proposal));
  }
  void operator()(const KePayload& ke) { text_ += ' ' + to_string(ke.method) + ", " + count_of(ke.data.size()); }
  void operator()(const IdPayload& id) { text_ += ' ' + to_string(id.id.type) + ' ' + bounded(id.id.to_string()); }
  void operator()(const CertPayload& cert) {
    text_ += ' ' + to_string(cert.encoding) + ", " + count_of(cert.data.size());
  }
  void operator()(const CertreqPayload& request) {
    text_ += ' ' + to_string(request.encoding) + ", " + count_of(request.authorities.size());
  }
  void operator()(const AuthPayload& auth) {
    text_ += ' ' + to_string(auth.method) + ", " + count_of(auth.data.size());
  }
  void operator()(const NoncePayload& nonce) { text_ += ' ' + count_of(nonce.nonce.size()); }
  void operator()(const NotifyPayload& notify) {
    text_ += ' ' + to_string(notify.type);
    if (!notify.spi.empty()) text_ += ", " + to_string(notify.protocol) + " SPI " + hex_of(notify.spi);
    if (!notify.data.empty()) text_ += ": " + bounded(notify_data_text(notify.type, notify.data));
  }
  void operator()(const DeletePayload& payload) {
    text_ += ' ' + to_string(payload.protocol);
    std::string spis;
    for (const auto spi : payload.spis) {
      if (spis.size() > kValueCharacters) break;
      spis += ' ' + to_string(spi);
    }
    if (!spis.empty()) text_ += " SPI" + bounded(std::move(spis));
  }
  void operator()(const VendorIdPayload& vendor) { text_ += ' ' + vendor_id_name(vendor.data); }
  void operator()(const TsPayload& ts) {
    for (const auto& entry : ts.entries)
      line(std::visit([](const auto& selector) { return entry_text(selector); }, entry));
  }
  void operator()(const CpPayload& cp) {
    text_ += ' ' + to_string(cp.type);
    for (const auto& attribute : cp.attributes)
      line(to_string(attribute.type) + ' ' + bounded(cp_value_text(attribute)));
  }
  void operator()(const EapPayload& eap) {
    Reader in(eap.message);
    const auto code = in.u8();
    if (code) text_ += ' ' + to_string(static_cast<EapCode>(*code));
    // The type tells how far it came; what it carries stays out of the log.
    const bool has_type = code && static_cast<EapCode>(*code) <= EapCode::Response && in.skip(3);
    if (const auto type = has_type ? in.u8() : std::nullopt) text_ += ' ' + to_string(static_cast<EapType>(*type));
    text_ += ", " + count_of(eap.message.size());
  }
  void operator()(const UnknownPayload& unknown) { text_ += ' ' + count_of(unknown.body.size()); }

 private:
  void line(const std::string& value) {
    if (text_.size() <= kAllCharacters) text_ += "\n  " + value;
  }

  std::string& text_;
};

}  // namespace

std::string details(const std::vector<Payload>& payloads) {
  std::string text;
  for (const auto& payload : payloads) {
    text += to_string(type_of(payload));
    if (payload.critical) text += " (critical)";
    std::visit(Printer(text), payload.body);
    text += '\n';
    if (text.size() > kAllCharacters) return text + "...\n";
  }
  return text;
}

}  // namespace keypact::wire
