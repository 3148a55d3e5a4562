// What must be true of all datagrams that the engines of a world send. RFC 7296 §2.1, §2.2, §2.10, RFC 5282 §3.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "sim/broken_invariant.h"
#include "sim/world.h"

namespace keypact::sim {

class WireInvariants {
 public:
  /// The datagrams of the last step.
  void check(const Step& step, BrokenInvariant& broken);

 private:
  /// One direction of one IKE SA.
  struct Channel {
    std::unordered_map<std::uint64_t, Octets> requests;  ///< by message ID, total and number
    std::unordered_map<std::uint64_t, Octets> responses;
    std::unordered_map<std::string, Octets> by_iv;
    std::optional<std::uint32_t> last_request;
    std::optional<std::uint32_t> last_response;
  };
  void check_clear(const Step& step, const wire::Message& message, BrokenInvariant& broken);
  void check_repeated(const Step& step, const wire::Message& message, const Octets& octets, BrokenInvariant& broken);
  void check_iv(const Step& step, const wire::Message& message, const Octets& octets, BrokenInvariant& broken);
  /// From whoever sends with this flag.
  [[nodiscard]] Channel& channel_of(const wire::Header& header, bool from_initiator);

  std::map<std::tuple<IkeSpi, IkeSpi, bool>, Channel> channels_;
  std::unordered_map<std::string, std::string> owner_of_nonce_;  ///< sender and SPI
  std::map<IkeSpi, std::string> nonce_of_initiator_spi_;
};

}  // namespace keypact::sim
