// Nat: a router that translates the source address and port of what leaves (endpoint-independent mapping) and lets in only what
// answers a flow (address- and port-dependent filtering). Its mappings change or expire when it is told so. RFC 4787 §4, §5.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "base/instant.h"
#include "base/ip_address.h"

namespace keypact::sim {

class Nat {
 public:
  /// Mappings that nothing left through for `idle` are gone; 0: they stay.
  Nat(const IpAddress& outside, Duration idle) : outside_(outside), idle_(idle) {}

  [[nodiscard]] const IpAddress& outside() const { return outside_; }
  /// The source of what goes from `inside` to `peer`, as the peer sees it.
  [[nodiscard]] Endpoint leaves(const Endpoint& inside, const Endpoint& peer, Instant now);
  /// Where what came from `peer` for this port of ours goes to; nothing: no flow asked for it.
  [[nodiscard]] std::optional<Endpoint> enters(std::uint16_t port, const Endpoint& peer, Instant now) const;
  /// It forgets everything (a restart, a new address lease): the next datagrams get other ports.
  void rebind() { mappings_.clear(); }
  void set_idle(Duration idle) { idle_ = idle; }

 private:
  struct Mapping {
    std::uint16_t port = 0;
    std::set<Endpoint> peers;
    Instant used;
  };
  [[nodiscard]] bool is_alive(const Mapping& mapping, Instant now) const;

  IpAddress outside_;
  Duration idle_;
  std::map<Endpoint, Mapping> mappings_;
  std::uint16_t last_port_ = 20000;
};

}  // namespace keypact::sim
