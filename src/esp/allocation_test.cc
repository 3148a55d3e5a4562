// Counts what C++ allocates in this program (OpenSSL's own memory is not seen by it).
#include <cstdlib>
#include <new>

#include "esp/test_packets.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// NOLINTBEGIN: the replaceable operators of the language.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND

namespace keypact::esp {
namespace {

using testing::make_packet;
using testing::TwoEnds;

/// Bursts of plain and large packets through both ends; what they allocated.
std::size_t allocated_by_bursts(TwoEnds& ends, int bursts) {
  std::vector<Octets> packets(30, make_packet({.octets = 1000}));
  packets.push_back(make_packet({.octets = 3000}));
  packets.push_back(make_packet({.octets = 3000, .dont_fragment = true}));
  packets.push_back(make_packet({.destination = "10.9.0.1"}));
  const std::vector<InnerPacket> inner(packets.begin(), packets.end());
  std::vector<OuterPacket> outer;
  outer.reserve(64);
  const std::size_t before = allocations;
  for (int i = 0; i < bursts; ++i) {
    ends.left.output.clear();
    ends.left.plane.outbound(inner, ends.left.now, ends.left.output);
    const auto wire = ends.left.output.to_wire();
    outer.assign(wire.begin(), wire.end());
    ends.right.output.clear();
    ends.right.plane.inbound(outer, ends.right.now, ends.right.output);
    EXPECT_EQ(ends.right.output.to_tunnel().size(), 33U);
  }
  return allocations - before;
}

TEST(Allocation, BurstsInTheSteadyStateAllocateNothing) {
  for (const auto& algorithms : {testing::kGcm, testing::kCbc}) {
    TwoEnds ends({.algorithms = algorithms});
    allocated_by_bursts(ends, 1);
    EXPECT_EQ(allocated_by_bursts(ends, 50), 0U);
  }
}

TEST(Allocation, J12_AFloodOfUnknownPacketsAllocatesOnlyWhatIsKept) {
  TwoEnds ends({.algorithms = testing::kGcm});
  Octets junk(200, 0x55);
  OuterPacket packet;
  packet.octets = junk;
  const std::size_t before = allocations;
  for (int i = 0; i < 100'000; ++i) {
    ends.right.output.clear();
    ends.right.plane.inbound({&packet, 1}, ends.right.now, ends.right.output);
  }
  EXPECT_LT(allocations - before, 3000U) << "in a second: so many are kept, and what keeps them";
}

}  // namespace
}  // namespace keypact::esp
