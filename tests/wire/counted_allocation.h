// Counts what operator new hands out, in the whole test program.
#pragma once

#include <cstddef>

namespace keypact::wire {

[[nodiscard]] std::size_t allocated_octets();

}  // namespace keypact::wire
