// The tunnels that are installed: a gateway, and many clients with an address each outside and inside. The keys are nobody's.
#pragma once

#include <vector>

#include "ipsec/stack.h"
#include "xfrm/message.h"
#include "xfrm/policy.h"
#include "xfrm/state.h"

namespace keypact::bench {

inline constexpr std::size_t kSasPerTunnel = 2;
inline constexpr std::size_t kPoliciesPerTunnel = 3;

/// What of the engine's requests makes and ends the tunnel with this number.
[[nodiscard]] ipsec::Policy policy_of(std::uint32_t number);
[[nodiscard]] ipsec::ChildSa child_sa_of(std::uint32_t number);

/// The same tunnel as bare messages, as other daemons send them. Its numbers are its own.
class BareTunnel {
 public:
  explicit BareTunnel(std::uint32_t number);
  /// Asks the kernel for an SPI of the inbound SA, in the range of strongSwan's charon.
  [[nodiscard]] xfrm::Message ask_spi() const;
  /// From the answer to that.
  void take_spi(const xfrm::MessageView& message);
  /// The inbound SA in the place of what the kernel keeps for that SPI.
  [[nodiscard]] xfrm::Message update_inbound() const;
  [[nodiscard]] xfrm::Message new_inbound() const;
  [[nodiscard]] xfrm::Message new_outbound() const;
  [[nodiscard]] std::vector<xfrm::Message> new_policies() const;
  /// All of it.
  [[nodiscard]] std::vector<xfrm::Message> removals() const;

 private:
  [[nodiscard]] std::vector<xfrm::PolicyKey> policy_keys() const;

  xfrm::State inbound_;
  xfrm::State outbound_;
  xfrm::Selector selector_;
};

}  // namespace keypact::bench
