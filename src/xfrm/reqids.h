// Reqids: the numbers by which the kernel ties policies to SAs. Whoever carries the same packets in the same mode shares one, so that
// an SA and its successor answer the same policy. RFC 4301 §5.2: what comes by another SA does not answer it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/placement.h"
#include "proto/policy.h"
#include "proto/traffic_selector.h"

namespace keypact::xfrm {

class Reqids {
 public:
  struct Use {
    Mode mode = Mode::tunnel;
    std::vector<TrafficSelector> local;
    std::vector<TrafficSelector> remote;
    Lane in{};
    Lane out{};
    bool operator==(const Use&) const = default;
  };

  /// All begin with these bits, the highest `kMarkBits`, by which they are known as ours.
  explicit Reqids(std::uint32_t mark) : mark_(mark) {}
  static constexpr unsigned kMarkBits = 8;
  [[nodiscard]] bool is_ours(std::uint32_t reqid) const {
    return reqid >> (32 - kMarkBits) == mark_ >> (32 - kMarkBits);
  }

  /// Counted: released as often as acquired. `held`: the number for a use that has none yet.
  [[nodiscard]] std::uint32_t acquire(const Use& use, std::uint32_t held = 0);
  /// SAs of an earlier run have it: nobody else gets it, except by that number. Released as it was held.
  void hold(std::uint32_t reqid);
  /// One that nobody else gets.
  [[nodiscard]] std::uint32_t acquire_own();
  void release(std::uint32_t reqid);

  /// The same number for the same `number`, another one for another: a bijection of 24 bits that scatters neighbours, because the
  /// kernel's table of SAs xors the reqid with the addresses, and numbers that rise together fall into one bucket.
  [[nodiscard]] static std::uint32_t scatter(std::uint32_t number);

 private:
  struct Entry {
    Use use;
    std::size_t users = 0;
    bool shared = true;
  };

  [[nodiscard]] std::uint32_t free_reqid();

  std::uint32_t mark_;
  std::uint32_t last_ = 0;
  std::map<std::uint32_t, Entry> entries_;
  std::multimap<std::string, std::uint32_t> by_name_;  ///< of the selectors
};

}  // namespace keypact::xfrm
