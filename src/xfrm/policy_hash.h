// PolicyHash: how the kernel finds a policy. Those whose prefixes are at least so long stand in a hash table, and the others in a tree
// that the kernel walks as a whole each time one of them goes. Its setting is whole addresses at both ends.
#pragma once

#include <array>
#include <optional>

#include "xfrm/message.h"
#include "xfrm/policy.h"

namespace keypact::xfrm {

/// Bits of the addresses at either end that are hashed. A policy with a shorter prefix has its place in the tree.
struct HashedBits {
  std::uint8_t local = 0;
  std::uint8_t remote = 0;
  bool operator==(const HashedBits&) const = default;
};

[[nodiscard]] Message set_hashed_bits(IpFamily family, HashedBits bits);
/// Answered by one message, for both families.
[[nodiscard]] Message get_hashed_bits();
[[nodiscard]] std::optional<HashedBits> read_hashed_bits(const MessageView& message, IpFamily family);

/// The setting that suits our policies of one family. Only the remote end is hashed: it tells the tunnels of a gateway apart.
class PolicyHash {
 public:
  explicit PolicyHash(IpFamily family);
  void add(const PolicyKey& key);
  void remove(const PolicyKey& key);
  /// As long as so few are shorter that the walk costs nothing; nothing where all are so few. It only ever gets shorter, because each
  /// change moves all policies.
  [[nodiscard]] std::optional<HashedBits> best();
  static constexpr std::size_t kShorter = 64;

 private:
  static constexpr std::size_t kLengths = 129;
  [[nodiscard]] std::size_t* count_of(const PolicyKey& key);

  IpFamily family_;
  std::uint8_t bits_;
  std::size_t policies_ = 0;
  std::array<std::size_t, kLengths> counts_{};
};

}  // namespace keypact::xfrm
