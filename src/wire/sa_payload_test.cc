#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

// One ESP proposal: AES-GCM-16 with 256 bits, no extended sequence numbers.
constexpr std::string_view kEsp = "0000002001030402 c0ffee01 0300000c01000014800e0100 0000000805000000";

SaPayload sa(std::string_view body) { return accepted<SaPayload>(PayloadType::SA, body); }
ParseErrorCode refused(std::string_view body) { return refusal(PayloadType::SA, body); }

/// An ESP proposal with one ENCR transform with these attributes.
std::string with_attributes(std::string_view attributes) {
  const auto octets = hex(attributes).size();
  return "000000" + to_hex(Octets{static_cast<std::uint8_t>(20 + octets)}) + "01030401c0ffee01" + "000000" +
         to_hex(Octets{static_cast<std::uint8_t>(8 + octets)}) + "0100000c" + std::string(attributes);
}

/// What is offered of a proposal with one AES-CBC transform with these attributes.
std::vector<Transform> offered(std::string_view attributes) {
  return sa(with_attributes(attributes)).proposals.at(0).offer().transforms;
}

TEST(SaPayload, ReadsProposalsTransformsAndAttributes) {
  const auto payload = sa(kEsp);
  ASSERT_EQ(payload.proposals.size(), 1u);
  const auto& proposal = payload.proposals.front();
  EXPECT_EQ(proposal.number, 1);
  EXPECT_EQ(proposal.protocol, ProtocolId::ESP);
  EXPECT_EQ(to_hex(proposal.spi), "c0ffee01");
  const Proposal expected{
      ProtocolId::ESP,
      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}};
  EXPECT_EQ(proposal.offer(), expected);
  EXPECT_EQ(ProposalSubstructure::of(1, expected, proposal.spi), proposal);
}

TEST(SaPayload, IgnoresReservedOctets) {
  expect_reserved_ignored(PayloadType::SA, "0011001001010001 0022000802330005", "0000001001010001 0000000802000005");
}

TEST(SaPayload, A01_substructures_of_length_0_to_7) {
  for (int length = 0; length < 8; ++length) {
    const auto digit = std::to_string(length);
    EXPECT_EQ(refused("0000000" + digit + "01010001 0000000802000005"), proposal_malformed);
    EXPECT_EQ(refused("0000001001010001 0000000" + digit + "02000005"), transform_malformed);
  }
}

TEST(SaPayload, A02_lengths_that_contradict_the_octets) {
  EXPECT_EQ(refused(""), proposal_malformed);
  EXPECT_EQ(refused("0000001101010001 0000000802000005"), proposal_malformed);  // beyond the payload
  EXPECT_EQ(refused("0000ffff01010001 0000000802000005"), proposal_malformed);
  EXPECT_EQ(refused("0000001001010001 0000000902000005"), transform_malformed);  // beyond the proposal
  EXPECT_EQ(refused("0000001001010001 0000ffff02000005"), transform_malformed);
  EXPECT_EQ(refused("0000001001010002 0000000802000005"), transform_malformed);  // the last of two, they say
  EXPECT_EQ(refused("0000001001010000 0000000802000005"), proposal_malformed);   // more than the none they say
  EXPECT_EQ(refused("0000001001010001 0300000802000005"), transform_malformed);  // more follow, they say
  EXPECT_EQ(refused("0200001001010001 0000000802000005"), proposal_malformed);
  EXPECT_EQ(refused("0000001001010001 0000000802000005 00"), proposal_malformed);
  EXPECT_EQ(refused("0300001001010001 0000000802000005"), proposal_malformed);  // a mark that does not exist
}

TEST(SaPayload, A02_spi_size_beyond_the_proposal) {
  EXPECT_EQ(refused("0000000c01030400 c0ffee"), proposal_malformed);
  EXPECT_EQ(refused("000000080104ff00"), proposal_malformed);  // an unknown protocol may have any size
}

TEST(SaPayload, A02_spi_size_of_another_protocol) {
  for (int size = 0; size < 256; ++size) {
    for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{1, 2, 3}) {
      Octets body{0, 0, 0, static_cast<std::uint8_t>(8 + size), 1, protocol, static_cast<std::uint8_t>(size), 0};
      body[2] = static_cast<std::uint8_t>((8 + size) >> 8);
      body.resize(body.size() + static_cast<std::size_t>(size), 0x55);
      const bool fits = protocol == 1 ? size == 0 || size == 8 : size == 4;
      if (fits) accepted<SaPayload>(PayloadType::SA, body);
      else EXPECT_EQ(refusal(PayloadType::SA, body), spi_size_mismatch);
    }
  }
}

TEST(SaPayload, KeepsAProposalOfAnUnknownProtocol) {
  const auto payload = sa("0000000d01090500 0102030405");
  EXPECT_EQ(payload.proposals.front().spi.size(), 5u);
}

TEST(SaPayload, RefusesMoreProposalsOrTransformsThanTheLimits) {
  std::string many;
  for (std::size_t i = 1; i <= limits::kProposals; ++i)
    many += (i == limits::kProposals ? "00" : "02") + std::string("00001001010001 0000000802000005");
  EXPECT_EQ(sa(many).proposals.size(), limits::kProposals);
  EXPECT_EQ(refused("0200001001010001 0000000802000005" + many), too_many_proposals);

  Octets body{0, 0, 0, 0, 1, 1, 0, 0};
  for (std::size_t i = 0; i <= limits::kTransforms; ++i)
    append(body, hex(i == limits::kTransforms ? "0000000802000005" : "0300000802000005"));
  body[2] = static_cast<std::uint8_t>(body.size() >> 8);
  body[3] = static_cast<std::uint8_t>(body.size() & 255);
  body[7] = limits::kTransforms + 1;
  EXPECT_EQ(refusal(PayloadType::SA, body), too_many_transforms);
}

TEST(SaPayload, A10_every_transform_identifier_is_carried_as_it_came) {
  for (int type = 0; type < 256; ++type) {
    for (const std::uint16_t id :
         std::initializer_list<std::uint16_t>{0, 1, 1023, 1024, 1025, 1026, 32767, 32768, 65534, 65535}) {
      const auto body = "0000001001010001 00000008" + to_hex(Octets{static_cast<std::uint8_t>(type), 0}) +
                        to_hex(Octets{static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id & 255)});
      const auto payload = sa(body);
      const auto offer = payload.proposals.at(0).offer();
      // RFC 7296 §3.3.6: a proposal with a transform type that we do not know offers nothing.
      ASSERT_EQ(offer.transforms.size(), type >= 1 && type <= 12 ? 1u : 0u) << type;
      for (const auto& transform : offer.transforms) EXPECT_EQ(transform.id, id);
    }
  }
}

TEST(SaPayload, A11_proposals_that_lack_a_transform_type_are_carried_for_the_engine_to_refuse) {
  EXPECT_TRUE(sa("0000000801010000").proposals.at(0).offer().transforms.empty());
  EXPECT_FALSE(sa("0000001001010001 0000000802000005").proposals.at(0).offer().has_type(TransformType::ENCR));
}

TEST(SaPayload, A12_key_length_attributes) {
  EXPECT_EQ(offered("800e0100").at(0).key_bits, 256);
  EXPECT_EQ(offered("").at(0).key_bits, std::nullopt);
  EXPECT_EQ(offered("800effff").at(0).key_bits, 65535);
  EXPECT_EQ(offered("800e0081").at(0).key_bits, 129);
  EXPECT_TRUE(offered("800e0000").empty());
  EXPECT_TRUE(offered("800e0100 800e0100").empty());
  EXPECT_TRUE(offered("800e0100 800e0080").empty());
  EXPECT_TRUE(offered("000e0002 0100").empty());  // RFC 7296 §3.3.5: the long form is not for it
  EXPECT_TRUE(offered("000e0000").empty());
  EXPECT_TRUE(offered("800f0100").empty());  // an attribute that we do not know
  EXPECT_TRUE(offered("800e0100 7fff0003 aabbcc").empty());
  EXPECT_TRUE(offered("800d0100").empty());
}

TEST(SaPayload, A12_attributes_that_overrun_the_transform) {
  EXPECT_EQ(refused(with_attributes("80")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("800e")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("800e01")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("000e0003 0100")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("000effff 0100")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("800e0100 00")), transform_malformed);
  EXPECT_EQ(refused(with_attributes("800e0100 800e0100 800e0100 800e0100 800e0100")), too_many_attributes);
}

TEST(SaPayload, LeavesOutATransformWithAnUnknownAttributeAndKeepsTheOthers) {
  const auto payload = sa("0000002401030402c0ffee01 0300000c0100000c800f0100 0000000c0100000c800e0080");
  EXPECT_EQ(payload.proposals.at(0).offer().transforms, std::vector{encryption(EncryptionId::ENCR_AES_CBC, 128)});
}

TEST(SaPayload, RefusesWhatIsCutAnywhere) { expect_refused_when_cut(PayloadType::SA, kEsp); }

}  // namespace
}  // namespace keypact::wire
