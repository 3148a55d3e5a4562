#include "ipsec/spi_allocator.h"

#include <gtest/gtest.h>

#include <set>

#include "base/test_random.h"

namespace keypact::ipsec {
namespace {

class Counting final : public RandomSource {
 public:
  explicit Counting(std::uint8_t seed) : next_(seed) {}
  void fill(MutableOctets out) override {
    for (auto& octet : out) octet = next_++;
  }

 private:
  std::uint8_t next_;
};

TEST(SpiAllocator, J12_never_gives_a_reserved_spi_and_never_one_twice) {
  Counting random(1);
  SpiAllocator allocator(0, random);
  std::set<std::uint32_t> given;
  for (int i = 0; i < 5000; ++i) {
    const auto spi = allocator.allocate();
    ASSERT_TRUE(spi);
    EXPECT_GE(spi->value, kFirstUsableEspSpi);
    EXPECT_TRUE(given.insert(spi->value).second);
  }
  EXPECT_EQ(allocator.count_in_use(), 5000U);
}

TEST(SpiAllocator, ACpiIsThereAsLongAsItsSpiAndNoTwoEnginesHaveTheSame) {
  Counting random(1);
  std::set<Cpi> given;
  for (const std::uint32_t engine : {0u, 15u}) {
    SpiAllocator allocator(engine, random);
    std::vector<EspSpi> spis;
    while (true) {
      spis.push_back(*allocator.allocate());
      const auto cpi = allocator.allocate_cpi(spis.back());
      if (!cpi) break;
      EXPECT_GE(*cpi, kFirstNegotiatedCpi);
      EXPECT_LE(*cpi, kLastNegotiatedCpi);
      EXPECT_TRUE(given.insert(*cpi).second);
    }
    EXPECT_EQ(spis.size(), 3824u + 1);
    const auto last = *allocator.allocate();
    EXPECT_FALSE(allocator.allocate_cpi(last));
    allocator.release(spis[100]);
    EXPECT_TRUE(allocator.allocate_cpi(last));
  }
}

TEST(SpiAllocator, K17_spis_that_sas_of_an_earlier_run_have_are_left_out) {
  Counting random(1);
  std::set<EspSpi> taken;
  {
    SpiAllocator before(0, random);
    for (int i = 0; i < 1000; ++i) taken.insert(*before.allocate());
  }
  Counting again(1);
  SpiAllocator allocator(0, again);
  allocator.avoid(taken);
  for (int i = 0; i < 3000; ++i) {
    const auto spi = allocator.allocate();
    ASSERT_TRUE(spi);
    EXPECT_FALSE(taken.contains(*spi));
  }
  EXPECT_EQ(allocator.count_in_use(), 3000U);
}

TEST(SpiAllocator, K17_cpis_that_an_earlier_run_left_are_left_out) {
  Counting random(1);
  SpiAllocator allocator(0, random);
  const EspSpi taken{kFirstNegotiatedCpi.value + 1u};
  allocator.avoid({taken});
  std::size_t given = 0;
  while (const auto cpi = allocator.allocate_cpi(*allocator.allocate())) {
    EXPECT_NE(cpi->value, taken.value);
    ++given;
  }
  EXPECT_EQ(given, 3824u - 1);
}

TEST(SpiAllocator, NamesTheEngineAndKeepsItsIndexesTogether) {
  SeededRandom random(7);
  SpiAllocator allocator(13, random);
  const auto page = [](EspSpi spi) { return SpiLayout::index(spi) >> 10; };
  const auto first = *allocator.allocate();
  for (std::uint32_t i = 1; i < 1024; ++i) {
    const auto spi = *allocator.allocate();
    EXPECT_EQ(page(spi), page(first));
    EXPECT_EQ(SpiLayout::engine(spi), 13U);
  }
  EXPECT_NE(page(*allocator.allocate()), page(first));
}

/// Behind one NAT they have one address at their gateway.
TEST(SpiAllocator, OfThousandHostsNoTwoBeginWithTheSame) {
  std::set<EspSpi> first;
  for (std::uint64_t host = 1; host <= 1000; ++host) {
    SeededRandom random(host);
    SpiAllocator allocator(0, random);
    first.insert(*allocator.allocate());
  }
  // 1,000 of 267 million: two of them are the same once in 500 times, and these are always the same hosts.
  EXPECT_EQ(first.size(), 1000u);
}

TEST(SpiAllocator, IsDeterministicForOneSourceOfRandomness) {
  Counting one(9), two(9);
  SpiAllocator a(1, one), b(1, two);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(a.allocate(), b.allocate());
}

TEST(SpiAllocator, ReusesASlotLateAndWithAnotherGeneration) {
  Counting random(3);
  SpiAllocator allocator(0, random);
  const auto first = *allocator.allocate();
  EXPECT_TRUE(allocator.in_use(first));
  EXPECT_TRUE(allocator.release(first));
  EXPECT_FALSE(allocator.in_use(first));
  EXPECT_FALSE(allocator.release(first));
  std::optional<EspSpi> again;
  int taken = 0;
  for (; taken < 1000 && !again; ++taken) {
    const auto spi = *allocator.allocate();
    if (SpiLayout::index(spi) == SpiLayout::index(first)) again = spi;
    else allocator.release(spi);
  }
  ASSERT_TRUE(again);
  EXPECT_GE(taken, 256);
  EXPECT_NE(*again, first);
  EXPECT_FALSE(allocator.in_use(first));
  EXPECT_TRUE(allocator.in_use(*again));
}

TEST(SpiAllocator, GenerationsSkipZeroWhenTheyWrap) {
  Counting random(255);
  SpiAllocator allocator(0, random);
  for (int i = 0; i < 256 * 300; ++i) {
    const auto spi = *allocator.allocate();
    EXPECT_GE(spi.value, 1U << 24);
    EXPECT_TRUE(allocator.release(spi));
  }
}

TEST(SpiAllocator, SaysWhenAllSlotsAreInUse) {
  Counting random(0);
  SpiAllocator allocator(0, random);
  for (std::uint32_t i = 0; i < SpiLayout::kSlots; ++i) ASSERT_TRUE(allocator.allocate());
  EXPECT_FALSE(allocator.allocate());
}

TEST(SpiAllocator, IgnoresWhatItNeverGave) {
  Counting random(0);
  SpiAllocator allocator(2, random);
  const auto spi = *allocator.allocate();
  EXPECT_FALSE(allocator.release({spi.value ^ 1U << 20}));  // another engine
  EXPECT_FALSE(allocator.release({spi.value ^ 1U << 24}));  // another generation
  EXPECT_FALSE(allocator.release({spi.value + 1}));
  EXPECT_FALSE(allocator.release({0}));
}

}  // namespace
}  // namespace keypact::ipsec
