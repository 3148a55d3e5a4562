// SimulatedStack: an IPsec stack in memory. It holds what it was asked to, answers as asked, and can be told to refuse.
#pragma once

#include <map>
#include <set>

#include "ipsec/stack.h"

namespace keypact::sim {

class SimulatedStack {
 public:
  /// The event that answers the request, where one does.
  [[nodiscard]] std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request);

  /// The next `count` installations are refused.
  void refuse_installs(unsigned count) { refusals_left_ = count; }

  /// It carried something to the peer.
  void sent_over(ChildSaId id, Instant when) { last_out_[id] = when; }

  /// How often it was told to drop what waits for an SA.
  [[nodiscard]] std::size_t dropped_held() const { return dropped_held_; }

  /// What no IPsec stack could do of what it was asked; empty while all was sound.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  [[nodiscard]] const std::map<PolicyId, ipsec::Policy>& policies() const { return policies_; }
  [[nodiscard]] const std::map<ChildSaId, ipsec::ChildSa>& child_sas() const { return child_sas_; }
  [[nodiscard]] const std::map<EspSpi, ipsec::ExpectChildSa>& expected() const { return expected_; }
  /// Connections whose SAs of an earlier run were to carry nothing for a moment, and were not to go on since.
  [[nodiscard]] const std::set<std::string>& held_earlier() const { return held_earlier_; }
  /// That peers gave to this end and that it uses, each once.
  [[nodiscard]] std::vector<IpAddress> inner_addresses() const;
  /// nullptr: none.
  [[nodiscard]] const ipsec::ChildSa* by_inbound_spi(EspSpi spi) const;

 private:
  [[nodiscard]] std::optional<ipsec::StackEvent> install(ipsec::ChildSa sa);
  void complain_unless(bool sound, const char* complaint);

  std::map<PolicyId, ipsec::Policy> policies_;
  std::map<ChildSaId, ipsec::ChildSa> child_sas_;
  std::map<EspSpi, ipsec::ExpectChildSa> expected_;
  std::set<std::string> held_earlier_;
  std::map<ChildSaId, Instant> last_out_;
  std::map<EspSpi, ChildSaId> by_inbound_spi_;
  std::map<IpAddress, std::size_t> inner_addresses_;  ///< how often each was added
  unsigned refusals_left_ = 0;
  std::size_t dropped_held_ = 0;
  std::string complaint_;
};

}  // namespace keypact::sim
