// Handshakes over links that lose datagrams: how many complete in time. The IKE_AUTH messages are as large as with a chain of
// certificates, so that they go in fragments (RFC 7383 §4).
#pragma once

#include <array>

#include "sim/world.h"

namespace keypact::sim {

inline constexpr Duration kHandshakeTime = seconds(60);

/// At `loss` percent at least `completed` of 10,000 handshakes must complete within kHandshakeTime.
struct LossAim {
  unsigned loss = 0;
  unsigned completed = 0;
};
inline constexpr std::array kLossAims = {LossAim{10, 9999}, LossAim{20, 9990}, LossAim{30, 9900}};

struct LossOutcome {
  unsigned loss = 0;
  unsigned handshakes = 0;
  unsigned completed = 0;
  Duration median{};
  Duration slowest_of_hundred{};   ///< 99 of 100 were faster
  double datagrams = 0;            ///< sent by both ends, a handshake
  std::uint64_t first_failed = 0;  ///< seed; 0: none

  [[nodiscard]] bool reaches(const LossAim& aim) const {
    return std::uint64_t{completed} * 10000 >= std::uint64_t{aim.completed} * handshakes;
  }
};

/// One handshake a seed, from `first_seed` on, which must not be 0.
[[nodiscard]] LossOutcome run_handshakes(unsigned loss, unsigned handshakes, std::uint64_t first_seed);

/// Percent with two digits: "99.98 %".
[[nodiscard]] std::string share(const LossOutcome& outcome);
[[nodiscard]] std::string to_string(const LossOutcome& outcome);

}  // namespace keypact::sim
