// MemoryBackend: an IPsec stack that holds what it is asked to hold and carries no traffic: for measuring and trying out the
// negotiation, without privileges. RFC 4301 §4.4 as data, nothing of its processing.
#pragma once

#include <unordered_map>

#include "daemon/backend.h"
#include "io/netlink.h"

namespace keypact::daemon {

class MemoryBackend final : public Backend {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MemoryBackend>> open();

  [[nodiscard]] Result<void> start(io::EventLoop&, Events, Problems) override { return {}; }
  [[nodiscard]] std::optional<ipsec::StackEvent> apply(ipsec::StackRequest request) override;
  void settle() override {}
  void forget_earlier_run() override {}
  void forget_earlier_run_at(io::EventLoop&, Instant) override {}
  void negotiation_failed(const std::string&) override {}
  void on_udp_esp(std::span<const io::ReceivedDatagram>) override {}
  /// Nothing ever passes.
  [[nodiscard]] std::optional<ipsec::ChildSaCounters> counters(ChildSaId id) const override;
  [[nodiscard]] Result<IpAddress> source_address_to(const IpAddress& peer) override;

 private:
  explicit MemoryBackend(io::Netlink netlink) : netlink_(std::move(netlink)) {}

  io::Netlink netlink_;
  std::unordered_map<PolicyId, ipsec::Policy> policies_;
  std::unordered_map<ChildSaId, ipsec::ChildSa> child_sas_;
};

}  // namespace keypact::daemon
