// What a message makes us allocate is bounded by its octets, whatever its counts and lengths claim (rows A02, A03).
#include <gtest/gtest.h>

#include "tests/wire/counted_allocation.h"
#include "tests/wire/samples.h"

namespace keypact::wire {
namespace {

/// A value costs more than its octets on the wire: a structure a payload, a transform, an attribute; and vectors double.
constexpr std::size_t kOctetsPerOctet = 64;
constexpr std::size_t kFixed = 4096;

std::size_t allocated_by_parsing(const Octets& octets) {
  const std::size_t before = allocated_octets();
  const auto message = parse_message(octets);
  return allocated_octets() - before;
}

TEST(Allocation, A03_header_length_claims_allocate_nothing) {
  auto octets = samples().front().message;
  for (const std::uint8_t claim : std::initializer_list<std::uint8_t>{0x7f, 0x80, 0xff}) {
    octets[24] = claim;
    EXPECT_EQ(allocated_by_parsing(octets), 0u);
  }
}

TEST(Allocation, A02_counts_and_lengths_at_their_maximum_allocate_no_more_than_the_octets_allow) {
  for (const auto& sample : samples()) {
    for (std::size_t at = kHeaderOctets; at + 1 < sample.message.size(); ++at) {
      auto octets = sample.message;
      octets[at] = 0xff;
      octets[at + 1] = 0xff;
      ASSERT_LE(allocated_by_parsing(octets), kFixed + kOctetsPerOctet * octets.size()) << sample.name << ' ' << at;
    }
  }
}

}  // namespace
}  // namespace keypact::wire
