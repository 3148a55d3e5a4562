#include "tests/wire/samples.h"

#include <fstream>
#include <sstream>

#include "base/check.h"

namespace keypact::wire {
namespace {

Octets filled(std::size_t count, std::uint8_t from = 1) {
  Octets octets(count);
  for (auto& octet : octets) octet = from++;
  return octets;
}

Header header_of(ExchangeType exchange, PayloadType next = PayloadType::None) {
  Header header;
  header.initiator_spi = IkeSpi{0x0102030405060708};
  if (exchange != ExchangeType::IKE_SA_INIT) header.responder_spi = IkeSpi{0x1112131415161718};
  header.exchange = exchange;
  header.initiator = true;
  header.message_id = exchange == ExchangeType::IKE_SA_INIT ? 0 : 1;
  header.next_payload = next;
  return header;
}

SaPayload ike_offer() {
  const Proposal aead{ProtocolId::IKE,
                      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), encryption(EncryptionId::ENCR_CHACHA20_POLY1305),
                       prf(PrfId::PRF_HMAC_SHA2_384), key_exchange(KeyExchangeMethod::CURVE25519),
                       key_exchange(KeyExchangeMethod::MODP_2048)}};
  const Proposal classic{ProtocolId::IKE,
                         {encryption(EncryptionId::ENCR_AES_CBC, 128), prf(PrfId::PRF_HMAC_SHA2_256),
                          integrity(IntegrityId::AUTH_HMAC_SHA2_256_128), key_exchange(KeyExchangeMethod::ECP_256)}};
  return {{ProposalSubstructure::of(1, aead, {}), ProposalSubstructure::of(2, classic, {})}};
}

SaPayload esp_offer() {
  const Proposal esp{
      ProtocolId::ESP,
      {encryption(EncryptionId::ENCR_AES_GCM_16, 128), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT),
       sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}};
  return {{ProposalSubstructure::of(1, esp, Octets{0xc0, 0xff, 0xee, 0x01})}};
}

TsPayload selectors(PayloadType role) {
  TrafficSelector tcp{IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 9), 6, PortRange{80, 443}};
  TrafficSelector icmp{IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 9), 1, PortRange::opaque()};
  return TsPayload::of(role, {TrafficSelector::all(IpFamily::v4), TrafficSelector::all(IpFamily::v6), tcp, icmp});
}

CpPayload configuration() {
  return {CpType::CFG_REPLY,
          {{CpAttributeType::INTERNAL_IP4_ADDRESS, {10, 3, 0, 1}},
           {CpAttributeType::INTERNAL_IP4_DNS, {192, 0, 2, 53}},
           {CpAttributeType::INTERNAL_IP6_ADDRESS, filled(17)},
           {CpAttributeType::APPLICATION_VERSION, to_octets("keypact")}}};
}

Sample in_clear(std::string name, ExchangeType exchange, const std::vector<Payload>& payloads) {
  return {std::move(name), encode_message(header_of(exchange), payloads)};
}

Sample encrypted(std::string name, Octets prefix) {
  append(prefix, filled(48, 0x80));
  return {std::move(name), std::move(prefix)};
}

}  // namespace

std::vector<Sample> samples() {
  using enum ExchangeType;
  constexpr std::size_t kBody = 48;
  Payload unknown(UnknownPayload{PayloadType::GSPM, filled(9)});
  return {
      in_clear("sa", IKE_SA_INIT, {ike_offer()}),
      in_clear("sa_esp", IKE_AUTH, {esp_offer()}),
      in_clear("ke", IKE_SA_INIT, {KePayload{KeyExchangeMethod::CURVE25519, filled(32)}}),
      in_clear("idi", IKE_AUTH, {IdPayload{PayloadType::IDi, Identification::fqdn("gw.example.org")}}),
      in_clear("idr", IKE_AUTH, {IdPayload{PayloadType::IDr, Identification::of(IpAddress::v4(192, 0, 2, 1))}}),
      in_clear("cert", IKE_AUTH, {CertPayload{CertEncoding::HASH_AND_URL_X509_CERTIFICATE, filled(40)}}),
      in_clear("certreq", IKE_AUTH, {CertreqPayload{CertEncoding::X509_CERTIFICATE_SIGNATURE, filled(40)}}),
      in_clear("auth", IKE_AUTH, {AuthPayload{AuthMethod::SHARED_KEY_MIC, filled(32)}}),
      in_clear("nonce", IKE_SA_INIT, {NoncePayload{filled(32)}}),
      in_clear("notify", IKE_SA_INIT,
               {NotifyPayload{ProtocolId::none, {}, NotifyType::NAT_DETECTION_SOURCE_IP, filled(20)}}),
      in_clear("notify_spi", CREATE_CHILD_SA,
               {NotifyPayload{ProtocolId::ESP, {0xc0, 0xff, 0xee, 0x01}, NotifyType::REKEY_SA, {}}}),
      in_clear("delete_ike", INFORMATIONAL, {DeletePayload{ProtocolId::IKE, {}}}),
      in_clear("delete_esp", INFORMATIONAL, {DeletePayload{ProtocolId::ESP, {EspSpi{0xc0ffee01}, EspSpi{0xc0ffee02}}}}),
      in_clear("vendor_id", IKE_SA_INIT, {VendorIdPayload{to_octets("keypact")}}),
      in_clear("tsi", IKE_AUTH, {selectors(PayloadType::TSi)}),
      in_clear("tsr", IKE_AUTH, {selectors(PayloadType::TSr)}),
      in_clear("cp", IKE_AUTH, {configuration()}),
      in_clear("eap", IKE_AUTH, {EapPayload{{1, 7, 0, 5, 1}}}),
      in_clear("unknown", IKE_AUTH, {unknown}),
      in_clear("ike_sa_init", IKE_SA_INIT,
               {ike_offer(), KePayload{KeyExchangeMethod::CURVE25519, filled(32)}, NoncePayload{filled(32)},
                NotifyPayload{ProtocolId::none, {}, NotifyType::IKEV2_FRAGMENTATION_SUPPORTED, {}},
                VendorIdPayload{to_octets("keypact")}}),
      encrypted("sk", encode_encrypted_prefix(header_of(IKE_AUTH), PayloadType::IDi, kBody)),
      encrypted("skf", encode_fragment_prefix(header_of(IKE_AUTH), PayloadType::IDi, 1, 2, kBody)),
  };
}

std::vector<Recorded> recorded() {
  std::ifstream file(KEYPACT_SOURCE_DIR "/tests/data/wire/strongswan-5.9.8.txt");
  CHECK(file.good());
  std::vector<Recorded> all;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "message" || kind == "chain") {
      auto& record = all.emplace_back();
      record.is_chain = kind == "chain";
      unsigned first = 0;
      if (record.is_chain) words >> first;
      record.first = static_cast<PayloadType>(first);
      std::getline(words >> std::ws, record.name);
    } else if (kind == "summary") {
      std::getline(words >> std::ws, all.back().summary);
    } else {
      const auto octets = from_hex(line);
      CHECK(octets.has_value());
      append(all.back().octets, *octets);
    }
  }
  return all;
}

Octets as_message(const Recorded& record) {
  if (!record.is_chain) return record.octets;
  Header header = header_of(ExchangeType::IKE_AUTH, record.first);
  header.length = static_cast<std::uint32_t>(kHeaderOctets + record.octets.size());
  Writer out;
  encode_header(out, header);
  out.octets(record.octets);
  return std::move(out).take();
}

}  // namespace keypact::wire
