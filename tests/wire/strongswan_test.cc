// What strongSwan sends, we read as strongSwan does, and write again octet for octet.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/wire/samples.h"
#include "wire/notation.h"

namespace keypact::wire {
namespace {

TEST(StrongSwan, MessagesReadAsItsOwnParserReadsThem) {
  const auto records = recorded();
  ASSERT_GE(records.size(), 36u);
  for (const auto& record : records) {
    const auto message = parse_message(as_message(record));
    ASSERT_TRUE(message.has_value()) << record.name << ": " << message.error().to_string();
    EXPECT_EQ(notation(message->clear.payloads), record.summary) << record.name;
    EXPECT_FALSE(message->clear.reserved_bits_set) << record.name;
  }
}

TEST(StrongSwan, MessagesAndChainsComeBackOctetForOctet) {
  for (const auto& record : recorded()) {
    if (record.is_chain) {
      const auto chain = parse_payload_chain(record.first, record.octets);
      ASSERT_TRUE(chain.has_value()) << record.name;
      EXPECT_EQ(to_hex(encode_payload_chain(chain->payloads)), to_hex(record.octets)) << record.name;
    } else {
      const auto message = parse_message(record.octets);
      ASSERT_TRUE(message.has_value()) << record.name;
      EXPECT_EQ(to_hex(encode_message(*message)), to_hex(record.octets)) << record.name;
      EXPECT_EQ(to_hex(encode_message(message->header, message->clear.payloads)), to_hex(record.octets));
    }
  }
}

TEST(StrongSwan, DefaultOfferIsUnderstoodToTheLastTransform) {
  std::size_t largest = 0;
  for (const auto& record : recorded()) {
    const auto message = parse_message(as_message(record));
    ASSERT_TRUE(message.has_value());
    for (const auto& payload : message->clear.payloads) {
      const auto* sa = std::get_if<SaPayload>(&payload.body);
      if (sa == nullptr) continue;
      for (const auto& proposal : sa->proposals) {
        const auto offer = proposal.offer();
        EXPECT_EQ(offer.transforms.size(), proposal.transforms.size()) << record.name;
        EXPECT_EQ(ProposalSubstructure::of(proposal.number, offer, proposal.spi), proposal) << record.name;
        largest = std::max(largest, offer.transforms.size());
      }
    }
  }
  EXPECT_GE(largest, 30u);
}

}  // namespace
}  // namespace keypact::wire
