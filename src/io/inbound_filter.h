// InboundFilter: a table of nftables that drops what comes in clear although a policy wants it protected. RFC 4301 §5.2: the
// userspace data plane sees only what comes by ESP, so the kernel judges the rest. The table outlives a process that is killed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "proto/policy.h"
#include "proto/traffic_selector.h"

namespace keypact::io {

struct FilterPolicy {
  PolicyAction action = PolicyAction::protect;
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
  bool operator==(const FilterPolicy&) const = default;
};

struct InboundFilterOptions {
  std::string tunnel;                    ///< the interface by which protected packets come; the table is named after it
  std::vector<std::uint16_t> own_ports;  ///< UDP ports of ours, open to everybody
  std::uint32_t mark = 0;  ///< what packets to own_ports are marked with, so that the tables of all of us know them
};

class InboundFilter {
 public:
  explicit InboundFilter(InboundFilterOptions options);
  InboundFilter(InboundFilter&& other) noexcept;
  InboundFilter& operator=(InboundFilter&&) = delete;
  /// Takes the table away, if this object put it there.
  ~InboundFilter();

  /// From one packet to the next the table holds these policies, the first match in front; none at all: no table. On failure
  /// everything stays as it was. It costs what all policies cost, or, where some that drop were added and nothing else changed, what
  /// these cost.
  [[nodiscard]] Result<void> replace(const std::vector<FilterPolicy>& policies);
  /// False once the kernel said that it has no nftables, or not what this table is made of.
  [[nodiscard]] bool available() const { return available_; }

 private:
  [[nodiscard]] bool extend(const std::vector<FilterPolicy>& policies) const;

  InboundFilterOptions options_;
  std::string table_;
  std::vector<FilterPolicy> applied_;
  bool ours_ = false;
  bool available_ = true;
};

}  // namespace keypact::io
