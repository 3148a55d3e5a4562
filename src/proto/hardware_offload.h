// HardwareOffload: what of an SA's work a network interface is to do. The words are swanctl.conf's and the kernel's.
#pragma once

#include <cstdint>

namespace keypact {

enum class HardwareOffload : std::uint8_t {
  none,
  crypto,     ///< the cipher; the kernel makes the headers and keeps the policies
  packet,     ///< everything, policies too
  automatic,  ///< the most that the interface does
};

[[nodiscard]] constexpr const char* to_string(HardwareOffload offload) {
  switch (offload) {
    case HardwareOffload::none: return "no";
    case HardwareOffload::crypto: return "crypto";
    case HardwareOffload::packet: return "packet";
    case HardwareOffload::automatic: return "auto";
  }
  return "no";
}

}  // namespace keypact
