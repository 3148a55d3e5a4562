#include "wire/notation.h"

#include <algorithm>

#include "base/limits.h"
#include "wire/test_support.h"
#include "wire/vendor_id_name.h"

namespace keypact::wire {
namespace {

NotifyPayload notify(NotifyType type, Octets data = {}) { return {ProtocolId::none, {}, type, std::move(data)}; }

std::string details_of(const Payload& payload) { return details({payload}); }

TEST(Notation, WritesMessagesAsTheRfcDoes) {
  const Payload id_i = IdPayload{PayloadType::IDi, Identification::fqdn("a")};
  const std::vector<Payload> inner{id_i,
                                   AuthPayload{},
                                   SaPayload{},
                                   TsPayload{PayloadType::TSi, {}},
                                   TsPayload{PayloadType::TSr, {}},
                                   notify(NotifyType::INITIAL_CONTACT)};
  Message message;
  EXPECT_EQ(notation(message), "HDR");
  message.clear.payloads = {SaPayload{}, KePayload{}, NoncePayload{}};
  message.header.exchange = ExchangeType::IKE_SA_INIT;
  EXPECT_EQ(notation(message), "HDR, SAi1, KEi, Ni");
  message.header.response = true;
  EXPECT_EQ(notation(message), "HDR, SAr1, KEr, Nr");
  message.header.exchange = ExchangeType::CREATE_CHILD_SA;
  EXPECT_EQ(notation(message), "HDR, SA, KEr, Nr");
  message.header.exchange = ExchangeType::IKE_AUTH;
  message.header.response = false;
  message.clear.payloads.clear();
  message.encrypted = EncryptedPart{};
  EXPECT_EQ(notation(message), "HDR, SK {...}");
  EXPECT_EQ(notation(message, &inner), "HDR, SK {IDi, AUTH, SAi2, TSi, TSr, N(INITIAL_CONTACT)}");
  const std::vector<Payload> nothing;
  EXPECT_EQ(notation(message, &nothing), "HDR, SK {}");
  message.encrypted = EncryptedPart{PayloadType::None, false, true, 2, 3, 0, {}};
  EXPECT_EQ(notation(message), "HDR, SKF(2/3) {...}");
}

TEST(Notation, NamesEveryKindOfPayload) {
  EXPECT_EQ(notation({CertPayload{}, CertreqPayload{}, DeletePayload{}, VendorIdPayload{}, EapPayload{},
                      CpPayload{CpType::CFG_REQUEST, {}}, UnknownPayload{PayloadType{200}, {}},
                      UnknownPayload{PayloadType::PS, {}}, notify(NotifyType{50000})}),
            "CERT, CERTREQ, D, V, EAP, CP(CFG_REQUEST), unknown(200), PS, N(50000)");
}

TEST(Notation, A07_every_number_prints_within_bounds) {
  for (unsigned type = 0; type < 256; ++type) {
    const std::vector<Payload> many(limits::kPayloads, UnknownPayload{static_cast<PayloadType>(type), {}});
    EXPECT_LE(notation(many).size(), 500u);
  }
  for (unsigned type = 0; type < 65536; ++type)
    ASSERT_LE(details_of(notify(static_cast<NotifyType>(type), Octets(40, 0xee))).size(), 600u);
}

TEST(Details, ShowWhatIsOffered) {
  const Proposal proposal{ProtocolId::ESP,
                          {encryption(EncryptionId::ENCR_AES_GCM_16, 256), encryption(EncryptionId::ENCR_AES_CBC, 128),
                           sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}};
  auto wire = ProposalSubstructure::of(1, proposal, hex("c0ffee01"));
  EXPECT_EQ(details_of(SaPayload{{wire}}),
            "SA\n  proposal 1: ESP SPI c0ffee01: ENCR_AES_GCM_16-256|ENCR_AES_CBC-128 / SEQUENTIAL_32_BIT\n");
  wire.transforms.resize(1);
  wire.transforms.front().attributes.push_back({20, false, {1, 2, 3}});
  EXPECT_EQ(details_of(SaPayload{{wire}}),
            "SA\n  proposal 1: ESP SPI c0ffee01: ENCR_AES_GCM_16-256+attribute(20)=010203\n");
}

TEST(Details, ShowSelectorsIdentitiesAndAddresses) {
  const auto selector =
      TrafficSelector::of(*prefix_from_range(IpAddress::v4(10, 1, 0, 0), IpAddress::v4(10, 1, 255, 255)));
  EXPECT_EQ(details_of(TsPayload{PayloadType::TSi, {selector, UnknownTrafficSelector{TsType::TS_SECLABEL, {1, 2}, 0}}}),
            "TSi\n  10.1.0.0/16\n  TS_SECLABEL, not usable: 0102\n");
  EXPECT_EQ(details_of(IdPayload{PayloadType::IDr, Identification::fqdn("gw.example.org")}),
            "IDr ID_FQDN gw.example.org\n");
  EXPECT_EQ(details_of(CpPayload{CpType::CFG_REPLY,
                                 {{CpAttributeType::INTERNAL_IP4_ADDRESS, {10, 3, 0, 1}},
                                  {CpAttributeType::INTERNAL_IP4_SUBNET, {10, 0, 0, 0, 255, 0, 0, 0}},
                                  {CpAttributeType::INTERNAL_IP4_DNS, {}},
                                  {CpAttributeType::INTERNAL_IP4_DNS, {1, 2, 3}}}}),
            "CP CFG_REPLY\n  INTERNAL_IP4_ADDRESS 10.3.0.1\n  INTERNAL_IP4_SUBNET 10.0.0.0/255.0.0.0\n"
            "  INTERNAL_IP4_DNS (empty)\n  INTERNAL_IP4_DNS 010203\n");
  EXPECT_EQ(details_of(DeletePayload{ProtocolId::ESP, {EspSpi{0xc0ffee01}, EspSpi{2}}}),
            "D ESP SPI c0ffee01 00000002\n");
}

TEST(Details, ShowNotifyDataThatHasAForm) {
  EXPECT_EQ(details_of(notify(NotifyType::INVALID_KE_PAYLOAD, {0, 20})), "N INVALID_KE_PAYLOAD: ECP_384\n");
  EXPECT_EQ(details_of(notify(NotifyType::INVALID_KE_PAYLOAD, {0})), "N INVALID_KE_PAYLOAD: \n");
  EXPECT_EQ(details_of(notify(NotifyType::SIGNATURE_HASH_ALGORITHMS, {0, 2, 0, 5})),
            "N SIGNATURE_HASH_ALGORITHMS: SHA2_256, IDENTITY\n");
  EXPECT_EQ(details_of(notify(NotifyType::SET_WINDOW_SIZE, {0, 0, 0, 10})), "N SET_WINDOW_SIZE: 10\n");
  EXPECT_EQ(details_of(notify(NotifyType::ADDITIONAL_IP4_ADDRESS, {192, 0, 2, 1})),
            "N ADDITIONAL_IP4_ADDRESS: 192.0.2.1\n");
  EXPECT_EQ(details_of(NotifyPayload{ProtocolId::ESP, {0xc0, 0xff, 0xee, 1}, NotifyType::REKEY_SA, {}}),
            "N REKEY_SA, ESP SPI c0ffee01\n");
}

TEST(Details, ShowHowFarEapCameAndNotWhoSpeaks) {
  EXPECT_EQ(details_of(EapPayload{hex("02010009 01 6361726f")}), "EAP Response Identity, 9 octets\n");
  EXPECT_EQ(details_of(EapPayload{hex("01020005 1a")}), "EAP Request MSCHAPV2, 5 octets\n");
  EXPECT_EQ(details_of(EapPayload{hex("03020004")}), "EAP Success, 4 octets\n");
  EXPECT_EQ(details_of(EapPayload{hex("0102")}), "EAP Request, 2 octets\n");
}

TEST(Details, ShowNoSecret) {
  const Octets secret(64, 0xab);
  const std::vector<Payload> payloads{KePayload{KeyExchangeMethod::ECP_256, secret},
                                      NoncePayload{secret},
                                      AuthPayload{AuthMethod::SHARED_KEY_MIC, secret},
                                      EapPayload{secret},
                                      notify(NotifyType::QUICK_CRASH_DETECTION, secret),
                                      notify(NotifyType::TICKET_OPAQUE, secret),
                                      notify(NotifyType::COOKIE, secret),
                                      UnknownPayload{PayloadType{200}, secret}};
  const auto text = details(payloads);
  EXPECT_EQ(text.find("abab"), std::string::npos) << text;
  EXPECT_NE(text.find("KE ECP_256, 64 octets\n"), std::string::npos) << text;
  EXPECT_NE(text.find("N COOKIE: 64 octets\n"), std::string::npos) << text;
}

TEST(Details, A28_control_characters_do_not_reach_the_log) {
  const auto hostile = to_octets(std::string_view("a\n\x1b[31m%s%n$(reboot)\r\0b", 22));
  for (const auto& payload :
       std::vector<Payload>{IdPayload{PayloadType::IDi, {IdType::ID_FQDN, hostile}},
                            IdPayload{PayloadType::IDi, {IdType::ID_KEY_ID, hostile}}, VendorIdPayload{hostile},
                            CpPayload{CpType::CFG_SET, {{CpAttributeType::APPLICATION_VERSION, hostile}}}}) {
    for (const char c : details_of(payload)) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
    EXPECT_LE(std::ranges::count(details_of(payload), '\n'), 2);
  }
}

TEST(Details, AreBounded) {
  const Payload long_id = IdPayload{PayloadType::IDi, Identification::fqdn(std::string(4096, '\n'))};
  EXPECT_LE(details_of(long_id).size(), 600u);
  EXPECT_LE(details(std::vector(limits::kPayloads, long_id)).size(), 20000u);
  DeletePayload all{ProtocolId::ESP, std::vector<EspSpi>(limits::kDeleteSpis)};
  EXPECT_LE(details_of(all).size(), 600u);
  ProposalSubstructure proposal;
  proposal.transforms.assign(limits::kTransforms, {TransformType::ENCR, 12, {{1, false, Octets(9000)}}});
  EXPECT_LE(details_of(SaPayload{std::vector(limits::kProposals, proposal)}).size(), 40000u);
}

TEST(VendorIdName, KnowsSomeVendors) {
  EXPECT_EQ(vendor_id_name(hex("882fe56d6fd20dbc2251613b2ebe5beb")), "strongSwan");
  EXPECT_EQ(vendor_id_name(hex("1e2b516905991c7d7c96fcbfb587e46100000009")), "Microsoft Windows (MS NT5 ISAKMPOAKLEY)");
  EXPECT_EQ(vendor_id_name(as_octets("OpenIKED-7.2")), "\"OpenIKED-7.2\"");
  EXPECT_EQ(vendor_id_name(hex("0102")), "0102");
  EXPECT_EQ(vendor_id_name({}), "");
  EXPECT_LE(vendor_id_name(Octets(65531, 1)).size(), 80u);
  EXPECT_LE(vendor_id_name(Octets(65531, 'a')).size(), 80u);
}

}  // namespace
}  // namespace keypact::wire
