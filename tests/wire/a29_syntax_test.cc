// The syntax suite of row A29: every field of messages of each kind is set to 0, 1, the maximum, one less, and the sign bit, the
// message is cut, extended and repeated everywhere. Nothing crashes, what is accepted round-trips, and what is printed is bounded.
// A field is not looked up but any 1, 2 or 4 octets: that is every field, and more.
#include <gtest/gtest.h>

#include "tests/wire/samples.h"
#include "wire/notation.h"

namespace keypact::wire {
namespace {

std::vector<Octets> corpus() {
  std::vector<Octets> all;
  for (auto& sample : samples()) all.push_back(std::move(sample.message));
  for (const auto& record : recorded()) all.push_back(as_message(record));
  return all;
}

void set(Octets& octets, std::size_t at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = 0; i < width; ++i) octets[at + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
}

/// With the length field of the IKE header made true, so that the message gets past it.
Octets with_true_length(Octets octets) {
  if (octets.size() >= kHeaderOctets) set(octets, 24, 4, octets.size());
  return octets;
}

struct Tally {
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

void expect_sound(const Octets& octets, Tally& tally) {
  const auto message = parse_message(octets);
  if (!message) {
    ++tally.refused;
    ASSERT_LE(message.error().offset, octets.size());
    ASSERT_FALSE(message.error().to_string().empty());
    return;
  }
  ++tally.accepted;
  ASSERT_LE(notation(*message, &message->clear.payloads).size(), 1000u);
  const auto again = encode_message(*message);
  ASSERT_EQ(again.size(), octets.size());
  if (!message->clear.reserved_bits_set) {
    ASSERT_EQ(to_hex(again), to_hex(octets));
    return;
  }
  // Only RESERVED fields were lost: the values are the same, and they are stable.
  const auto second = parse_message(again);
  ASSERT_TRUE(second.has_value());
  ASSERT_FALSE(second->clear.reserved_bits_set);
  ASSERT_EQ(second->clear.payloads, message->clear.payloads);
  ASSERT_EQ(second->header, message->header);
}

void expect_sound_either_way(const Octets& octets, Tally& tally) {
  expect_sound(octets, tally);
  expect_sound(with_true_length(octets), tally);
}

TEST(Syntax, A29_every_field_with_extreme_values) {
  Tally tally;
  for (const auto& original : corpus()) {
    for (const std::size_t width : {1u, 2u, 4u}) {
      const std::uint64_t max = (std::uint64_t{1} << (8 * width)) - 1;
      for (std::size_t at = 0; at + width <= original.size(); ++at) {
        for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, max, max - 1, max / 2 + 1, max / 2}) {
          auto octets = original;
          set(octets, at, width, value);
          ASSERT_NO_FATAL_FAILURE(expect_sound(octets, tally)) << at << ' ' << value << ' ' << to_hex(original);
        }
      }
    }
  }
  EXPECT_GT(tally.accepted, 50000u);
  EXPECT_GT(tally.refused, 20000u);
  RecordProperty("accepted", std::to_string(tally.accepted));
  RecordProperty("refused", std::to_string(tally.refused));
}

TEST(Syntax, A29_cut_everywhere) {
  Tally tally;
  for (const auto& original : corpus()) {
    for (std::size_t size = 0; size < original.size(); ++size) {
      const Octets cut(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_NO_FATAL_FAILURE(expect_sound_either_way(cut, tally));
      ASSERT_FALSE(parse_message(cut).has_value());
    }
  }
}

TEST(Syntax, A29_extended_everywhere) {
  Tally tally;
  for (const auto& original : corpus()) {
    for (std::size_t at = 0; at <= original.size(); ++at) {
      for (const std::size_t count : {1u, 4u, 300u}) {
        auto octets = original;
        octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(at), count, 0xff);
        ASSERT_NO_FATAL_FAILURE(expect_sound_either_way(octets, tally));
      }
    }
  }
}

TEST(Syntax, A29_every_stretch_repeated) {
  Tally tally;
  for (const auto& original : corpus()) {
    for (std::size_t at = kHeaderOctets; at < original.size(); at += 4) {
      for (const std::size_t count : {4u, 8u, 12u, 40u}) {
        if (at + count > original.size()) continue;
        auto octets = original;
        const Octets stretch(original.begin() + static_cast<std::ptrdiff_t>(at),
                             original.begin() + static_cast<std::ptrdiff_t>(at + count));
        for (int times = 0; times < 3; ++times)
          octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(at), stretch.begin(), stretch.end());
        ASSERT_NO_FATAL_FAILURE(expect_sound_either_way(octets, tally));
      }
    }
  }
}

TEST(Syntax, A29_every_pair_of_payloads_joined) {
  // One message's chain behind another's: duplicates of every kind, and every kind in every place.
  Tally tally;
  const auto all = corpus();
  for (const auto& a : all) {
    const auto first = parse_message(a);
    ASSERT_TRUE(first.has_value());
    for (const auto& b : all) {
      auto joined = *first;
      const auto second = parse_message(b);
      joined.clear.payloads.insert(joined.clear.payloads.end(), second->clear.payloads.begin(),
                                   second->clear.payloads.end());
      ASSERT_NO_FATAL_FAILURE(expect_sound(encode_message(joined), tally));
    }
  }
  EXPECT_GT(tally.accepted, 3000u);
}

}  // namespace
}  // namespace keypact::wire
